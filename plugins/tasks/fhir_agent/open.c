/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "common/prompts.h"
#include "common/slice.h"
#include "data.h"
#include "fhir_agent.h"
#include "verdicts.h"

static const char *const no_names[] = {NULL};

static int32_t load_prompt(grasp_call *call, struct fhir_agent *self, const char *name,
                           const char *const *names, grasp_str *out)
{
    return prompt_load(call, &self->pool, fhir_agent_prompts, self->prompts_dir, name, names, out);
}

static int32_t load_prompts(grasp_call *call, struct fhir_agent *self)
{
    static const char *const judge[] = {"question", "truth", "answer", NULL};
    int32_t status;
    grasp_str error = SLICE("");
    if ((status = load_prompt(call, self, self->strategy->prompt, no_names, &self->system)) ||
        (status = load_prompt(call, self, "reminder.md", no_names, &self->reminder_text)) ||
        (status = load_prompt(call, self, "judge.md", judge, &self->judge_text)) ||
        (status = load_prompt(call, self, "writer_guidance.md", no_names, &self->writer_guidance)))
        return status;
    if ((status = load_prompt(call, self, "tools.json", no_names, &self->tools)))
        return status;
    if (self->json->kind(self->json->parse(call, self->tools, &error)) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "prompt tools.json is no JSON object: %.*s",
                          (int)error.len, error.ptr);
    return GRASP_OK;
}

struct config {
    struct fhir_agent *self;
    const grasp_json_value *object;
};

static const grasp_json_value *member(const struct config *config, const char *name)
{
    return config->self->json->get(config->object, grasp_cstr(name));
}

static grasp_str text_of(const struct config *config, const char *name)
{
    return pool_dup(&config->self->pool, config->self->json->as_string(member(config, name)));
}

static int64_t number_of(const struct config *config, const char *name, int64_t otherwise)
{
    return config->self->json->as_int(member(config, name), otherwise);
}

static bool repair(const struct config *config, const char *name)
{
    return config->self->json->as_bool(member(config, name), !config->self->reference) != 0;
}

static void read_splits(const struct config *config)
{
    static const struct {
        const char *name, *option, *limit;
    } words[SPLIT_COUNT] = {{"dev", "dev_splits", "dev_limit"},
                            {"val", "val_splits", "val_limit"},
                            {"id_test", "test_splits", "test_limit"}};
    struct fhir_agent *self = config->self;
    for (size_t i = 0; i < SPLIT_COUNT; i++) {
        struct split *split = &self->splits[i];
        const grasp_json_value *values = member(config, words[i].option);
        *split = (struct split){.name = words[i].name, .option = words[i].option};
        split->limit = number_of(config, words[i].limit, 0);
        for (uint64_t k = 0; k < self->json->count(values); k++)
            strings_add(&self->pool, &split->values,
                        pool_dup(&self->pool, self->json->as_string(self->json->at(values, k))));
    }
}

static int32_t check_overlap(grasp_call *call, const struct fhir_agent *self)
{
    for (size_t i = 0; i < SPLIT_COUNT; i++)
        for (size_t k = 0; k < self->splits[i].values.count; k++)
            for (size_t n = i + 1; n < SPLIT_COUNT; n++)
                if (strings_have(&self->splits[n].values, self->splits[i].values.items[k]))
                    return grasp_fail(call, GRASP_E_INVALID,
                                      "options %s and %s: both have '%s'; no question may be in "
                                      "two splits",
                                      self->splits[i].option, self->splits[n].option,
                                      self->splits[i].values.items[k].ptr);
    return GRASP_OK;
}

static void read_behaviour(const struct config *config)
{
    struct fhir_agent *self = config->self;
    grasp_str search = text_of(config, "search");
    self->reference = grasp_equal(text_of(config, "compat"), "reference");
    self->merge = repair(config, "merge");
    self->reminder = repair(config, "reminder");
    self->tool_errors = repair(config, "tool_errors");
    self->judge_all = !repair(config, "judge_answers_only");
    self->max_turns = number_of(config, "max_turns", 30);
    self->result_chars = number_of(config, "result_chars", self->reference ? 0 : 200000);
    self->trace_chars = number_of(config, "trace_chars", self->reference ? -1 : 2000);
    self->code_timeout = number_of(config, "code_timeout", 60);
    self->judge_name = text_of(config, "judge_name");
    self->prompts_dir = text_of(config, "prompts_dir");
    self->source.json = self->json;
    self->source.lenient = search.len ? grasp_equal(search, "lenient") : self->reference;
    self->source.timeout_ms = 1000 * (uint32_t)number_of(config, "timeout", 30);
}

static int32_t open_code(const struct config *config, grasp_call *call)
{
    struct fhir_agent *self = config->self;
    struct code_options options = {
        .max_memory = (uint64_t)number_of(config, "code_memory", 2048) << 20,
        .timeout_s = (uint32_t)self->code_timeout,
    };
    if (!(self->strategy->tools & TOOL_BIT(TOOL_PYTHON)))
        return GRASP_OK;
    return code_open(call, &options, &self->code);
}

static int32_t set_up(grasp_call *call, struct fhir_agent *self, grasp_str text)
{
    int32_t status;
    self->json = grasp_json_of(call);
    if (!self->json)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "this host does not offer %s", GRASP_EXT_JSON);
    struct config config = {self, self->json->parse(call, text, NULL)};
    if (self->json->kind(config.object) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object");
    read_behaviour(&config);
    read_splits(&config);
    struct data_options data = {
        .data = text_of(&config, "data"),
        .csv = text_of(&config, "csv"),
        .fhir = text_of(&config, "fhir"),
        .fhir_base = text_of(&config, "fhir_base"),
        .fhir_cache = text_of(&config, "fhir_cache"),
        .seed = (uint64_t)number_of(&config, "seed", 1),
        .patients = (uint32_t)number_of(&config, "patients", 20),
    };
    if ((status = check_overlap(call, self)) || (status = load_prompts(call, self)) ||
        (status = data_open(call, &self->pool, &data, self->splits, &self->source)) ||
        (status = verdicts_open(call, text_of(&config, "verdicts"), self->judge_name,
                                self->reference, &self->verdicts)))
        return status;
    return open_code(&config, call);
}

int32_t fhir_agent_open(grasp_call *call, grasp_str config, const struct strategy *strategy,
                        void **out_self)
{
    struct fhir_agent *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    self->strategy = strategy;
    int32_t status = set_up(call, self, config);
    if (status)
        fhir_agent_close(call, self);
    else
        *out_self = self;
    return status;
}

void fhir_agent_close(grasp_call *call, void *opaque)
{
    struct fhir_agent *self = opaque;
    (void)call;
    if (!self)
        return;
    code_close(self->code);
    verdicts_close(self->verdicts);
    source_close(&self->source);
    pool_free(&self->pool);
    free(self);
}
