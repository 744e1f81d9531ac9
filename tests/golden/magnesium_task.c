/* SPDX-License-Identifier: MIT */
/* The environment of the recorded runs (spec/grasp.md 19.2): the agent asks for a patient's rows
 * and answers with a number. Its samples come from the recording's task.json. */
#include <grasp/grasp.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (1u << 20)

struct magnesium {
    char *text; /* the file */
    size_t len;
    int32_t typed;
};

static void magnesium_close(grasp_call *call, void *opaque)
{
    struct magnesium *self = opaque;
    if (self)
        free(self->text);
    free(self);
}

static int32_t read_file(grasp_call *call, struct magnesium *self, grasp_str path)
{
    FILE *file = fopen(path.ptr, "rb");
    if (!file)
        return grasp_fail(call, GRASP_E_INVALID, "%s: cannot be opened", path.ptr);
    self->text = malloc(FILE_MAX);
    self->len = self->text ? fread(self->text, 1, FILE_MAX, file) : 0;
    fclose(file);
    if (self->len && self->len < FILE_MAX)
        return GRASP_OK;
    return grasp_fail(call, GRASP_E_INVALID, "%s: empty or over 1 MiB", path.ptr);
}

static int32_t magnesium_open(grasp_call *call, grasp_str config, void **out_self)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *options = json->parse(call, config, NULL);
    struct magnesium *self = calloc(1, sizeof(*self));
    int32_t status = self ? read_file(call, self, grasp_json_string(call, config, "file"))
                          : grasp_fail(call, GRASP_E_NOMEM, "no memory");
    if (status) {
        magnesium_close(call, self);
        return status;
    }
    self->typed = json->as_bool(json->get(options, grasp_cstr("typed")), 0);
    *out_self = self;
    return GRASP_OK;
}

static int32_t magnesium_info(grasp_call *call, void *self)
{
    return call->host->emit_json(
        call, grasp_cstr("{\"name\": \"task\", \"splits\": [\"dev\", \"val\"], \"max_turns\": 4}"));
}

static const grasp_json_value *read_member(grasp_call *call, const struct magnesium *self,
                                           const char *key)
{
    const grasp_json *json = grasp_json_of(call);
    return json->get(json->parse(call, (grasp_str){self->text, self->len}, NULL), grasp_cstr(key));
}

/* The patient with that number, or NULL. */
static const grasp_json_value *find_patient(grasp_call *call, const struct magnesium *self,
                                            grasp_str mrn)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *patients = read_member(call, self, "patients");
    for (uint64_t i = 0; i < json->count(patients); i++) {
        const grasp_json_value *patient = json->at(patients, i);
        grasp_str other = json->as_string(json->get(patient, grasp_cstr("mrn")));
        if (other.len == mrn.len && memcmp(other.ptr, mrn.ptr, mrn.len) == 0)
            return patient;
    }
    return NULL;
}

static const char *type_of(const grasp_json *json, const grasp_json_value *patient)
{
    if (json->as_double(json->get(patient, grasp_cstr("expected")), 0) != -1)
        return "present";
    return json->count(json->get(patient, grasp_cstr("observations"))) ? "stale" : "missing";
}

static int32_t magnesium_samples(grasp_call *call, void *opaque, grasp_str split)
{
    const struct magnesium *self = opaque;
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *samples = json->get(read_member(call, self, "samples"), split);
    for (uint64_t i = 0; i < json->count(samples); i++) {
        grasp_json_value *sample = json->at(samples, i);
        grasp_str mrn = json->as_string(json->get(sample, grasp_cstr("mrn")));
        if (self->typed)
            json->set(
                call, sample, grasp_cstr("type"),
                json->new_string(call, grasp_cstr(type_of(json, find_patient(call, self, mrn)))));
        int32_t status = call->host->emit_json(call, json->print(call, sample, 0));
        if (status)
            return status;
    }
    return GRASP_OK;
}

static int32_t magnesium_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed,
                               void **out_episode)
{
    grasp_str id = grasp_json_string(call, sample, "id");
    grasp_str description = grasp_json_string(call, sample, "description");
    *out_episode = NULL;
    return grasp_say(call, "user", grasp_format(call, "TASK %s\n%s", id.ptr, description.ptr));
}

static int32_t magnesium_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    const grasp_json *json = grasp_json_of(call);
    if (grasp_starts(reply->text, "QUERY ")) {
        grasp_str mrn = {reply->text.ptr + 6, reply->text.len - 6};
        const grasp_json_value *patient = find_patient(call, self, mrn);
        const grasp_json_value *rows = json->get(patient, grasp_cstr("observations"));
        return grasp_say(call, "user",
                         grasp_format(call, "OBS %s", json->print(call, rows, 0).ptr));
    }
    if (!grasp_starts(reply->text, "ANSWER "))
        return grasp_done(call, "agent invalid action", grasp_cstr(""), NULL);
    grasp_str answer = {reply->text.ptr + 7, reply->text.len - 7};
    grasp_json_value *raw = json->new_object(call);
    json->set(call, raw, grasp_cstr("reported_answer"), json->new_string(call, answer));
    return grasp_done(call, "completed", answer, json->print(call, raw, 0).ptr);
}

static void magnesium_end(grasp_call *call, void *self, void *episode)
{
}

static int32_t magnesium_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                               grasp_str judge)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str answer = grasp_json_string(call, rollout, "answer");
    const grasp_json_value *given = json->parse(call, answer, NULL);
    const grasp_json_value *patient =
        find_patient(call, self, grasp_json_string(call, sample, "mrn"));
    int32_t kind = json->kind(given);
    int correct =
        (kind == GRASP_JSON_INT || kind == GRASP_JSON_DOUBLE) &&
        json->as_double(given, 0) == json->as_double(json->get(patient, grasp_cstr("expected")), 0);
    return grasp_judge(call, correct,
                       correct      ? NULL
                       : answer.len ? "[\"wrong_value\"]"
                                    : "[\"no_answer\"]");
}

static const grasp_task magnesium_task = {
    .size = sizeof(magnesium_task),
    .id = "magnesium",
    .summary = "the environment of the recorded runs",
    .options = "{\"type\": \"object\", \"properties\": {"
               "\"file\": {\"type\": \"string\", \"minLength\": 1, \"description\": \"task.json\"},"
               "\"typed\": {\"type\": \"boolean\", \"default\": false, "
               "\"description\": \"samples have a type\"}}}",
    .open = magnesium_open,
    .info = magnesium_info,
    .samples = magnesium_samples,
    .begin = magnesium_begin,
    .step = magnesium_step,
    .end = magnesium_end,
    .grade = magnesium_grade,
    .close = magnesium_close,
};

GRASP_PLUGIN_TASK("magnesium", "1.0.0", "MIT", &magnesium_task)
