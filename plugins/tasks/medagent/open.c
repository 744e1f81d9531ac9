/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "common/prompts.h"
#include "common/slice.h"
#include "medagent.h"
#include "patients.h"
#include "pyvalue.h"
#include "taskset.h"

static const char *const no_names[] = {NULL};

int32_t medagent_prompt(grasp_call *call, struct medagent *self, const char *name,
                        const char *const *names, grasp_str *out)
{
    grasp_str text;
    int32_t status =
        prompt_load(call, &self->pool, medagent_prompts, self->prompts_dir, name, names, &text);
    if (!status)
        *out = pool_dup(&self->pool, text);
    return status;
}

int32_t medagent_prompt_json(grasp_call *call, struct medagent *self, const char *name,
                             const char *const *names, const grasp_json_value **out)
{
    grasp_str text, error = SLICE("");
    int32_t status = medagent_prompt(call, self, name, names, &text);
    if (status)
        return status;
    *out = self->json->parse(call, text, &error);
    if (!*out)
        return grasp_fail(call, GRASP_E_INVALID, "prompt %s is not JSON: %.*s", name,
                          (int)error.len, error.ptr);
    return GRASP_OK;
}

static int32_t load_replies(grasp_call *call, struct medagent *self)
{
    static const char *const body[] = {"body", NULL}, *const error[] = {"error", NULL};
    static const char *const note[] = {"type", "patient", "resource", "error", NULL};
    struct replies *replies = &self->replies;
    int32_t status;
    if ((status = medagent_prompt(call, self, "get_ok.md", body, &replies->get_ok)) ||
        (status = medagent_prompt(call, self, "get_error.md", error, &replies->get_error)) ||
        (status =
             medagent_prompt(call, self, "post_accepted.md", no_names, &replies->post_accepted)) ||
        (status =
             medagent_prompt(call, self, "post_invalid.md", no_names, &replies->post_invalid)) ||
        (status = medagent_prompt(call, self, "post_note.md", note, &replies->post_note)) ||
        (status =
             medagent_prompt(call, self, "writer_guidance.md", no_names, &self->writer_guidance)))
        return status;
    size_t at;
    if (!grasp_starts(replies->post_accepted, "POST request accepted and executed successfully") ||
        slice_find(replies->post_invalid, SLICE("POST request accepted"), 0, &at))
        return grasp_fail(
            call, GRASP_E_INVALID,
            "prompts: post_accepted.md has to begin with 'POST request accepted and "
            "executed successfully', which graders look for, and post_invalid.md must "
            "not have its beginning");
    return GRASP_OK;
}

static int32_t make_first_message(grasp_call *call, struct medagent *self,
                                  const grasp_json_value *functions)
{
    const grasp_json_value *format;
    int32_t status = medagent_prompt_json(call, self, "response_format.json", no_names, &format);
    if (!status && !functions)
        status = medagent_prompt_json(call, self, "functions.json", no_names, &functions);
    if (!status &&
        !first_message_make(call, self->json, &self->first, self->source.base, functions, format))
        status = grasp_fail(call, GRASP_E_NOMEM, "no memory for the first message");
    return status;
}

static grasp_str option(struct medagent *self, const grasp_json_value *config, const char *name)
{
    return pool_dup(&self->pool, self->json->as_string(self->json->get(config, grasp_cstr(name))));
}

static int32_t read_options(grasp_call *call, struct medagent *self, grasp_str text)
{
    struct when ignored;
    self->json = grasp_json_of(call);
    if (!self->json)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "this host does not offer %s", GRASP_EXT_JSON);
    const grasp_json_value *config = self->json->parse(call, text, NULL);
    if (!py_is_object(self->json, config))
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object");
    self->reference = grasp_equal(option(self, config, "compat"), "reference");
    self->max_turns = (int32_t)self->json->as_int(self->json->get(config, SLICE("max_turns")), 8);
    self->seed = (uint64_t)self->json->as_int(self->json->get(config, SLICE("seed")), 1);
    self->source.timeout_ms =
        1000 * (uint32_t)self->json->as_int(self->json->get(config, SLICE("timeout")), 30);
    grasp_str notes = option(self, config, "post_notes");
    self->post_notes = grasp_equal(notes, "log")     ? NOTES_LOG
                       : grasp_equal(notes, "agent") ? NOTES_SHOWN
                                                     : NOTES_NONE;
    self->clock = option(self, config, "clock");
    self->prompts_dir = option(self, config, "prompts_dir");
    self->data = option(self, config, "data");
    self->fhir = option(self, config, "fhir");
    self->source.json = self->json;
    self->source.reference = self->reference;
    if (self->clock.len && (!when_read(self->clock, true, &ignored) || !ignored.aware))
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'clock': '%s' is no time with an offset, as in "
                          "2026-01-15T12:00:00+00:00",
                          self->clock.ptr);
    grasp_str base = option(self, config, "fhir_base");
    if (base.len && self->fhir.len)
        return grasp_fail(
            call, GRASP_E_INVALID,
            "options 'fhir' and 'fhir_base': give one, data of your own for the store "
            "in the box or the address of a server");
    return source_open(call, &self->source, base);
}

static int32_t set_up(grasp_call *call, struct medagent *self, grasp_str config,
                      struct cohort_roster **roster)
{
    const grasp_json_value *functions = NULL;
    int32_t status = read_options(call, self, config);
    if (status || (status = load_replies(call, self)))
        return status;
    *roster = cohort_roster_new(self->seed);
    status = self->data.len ? taskset_read(call, self, *roster, &functions)
                            : taskset_invent(call, self, *roster);
    if (status || (status = make_first_message(call, self, functions)))
        return status;
    return patients_open(call, self, *roster);
}

static int32_t open_version(grasp_call *call, grasp_str config, enum version version,
                            void **out_self)
{
    struct cohort_roster *roster = NULL;
    struct medagent *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    self->version = version;
    static const char *const names[SPLIT_COUNT] = {"dev", "val", "id_test", "test"};
    for (int i = 0; i < SPLIT_COUNT; i++)
        self->splits[i].name = names[i];
    int32_t status = set_up(call, self, config, &roster);
    cohort_roster_free(roster);
    if (status)
        medagent_close(call, self);
    else
        *out_self = self;
    return status;
}

int32_t medagent_v1_open(grasp_call *call, grasp_str config, void **out_self)
{
    return open_version(call, config, MEDAGENT_V1, out_self);
}

int32_t medagent_v2_open(grasp_call *call, grasp_str config, void **out_self)
{
    return open_version(call, config, MEDAGENT_V2, out_self);
}

void medagent_close(grasp_call *call, void *opaque)
{
    struct medagent *self = opaque;
    if (!self)
        return;
    first_message_clear(&self->first);
    source_close(&self->source);
    pool_free(&self->pool);
    free(self);
}
