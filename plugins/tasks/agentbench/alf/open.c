/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "../agentbench.h"
#include "alfworld.h"
#include "common/prompts.h"
#include "common/slice.h"

static int32_t load_prompts(grasp_call *call, struct alfworld *self)
{
    struct alf_texts *texts = &self->texts;
    const struct {
        const char *name;
        const char *names[3]; /* placeholders */
        grasp_str *out;
    } prompts[] = {
        {"alfworld_system.md", {0}, &texts->system},
        {"alfworld_task.md", {"scene", "actions"}, &texts->task},
        {"alfworld_reminder.md", {0}, &texts->reminder},
        {"alfworld_no_tool_call.md", {0}, &texts->no_tool_call},
        {"alfworld_bad_arguments.md", {0}, &texts->bad_arguments},
        {"alfworld_writer_guidance.md", {0}, &texts->writer_guidance},
        {"alfworld_tools.json", {0}, &texts->tools},
        {"history_omitted.md", {"count"}, &texts->omitted},
    };
    int32_t status = GRASP_OK;
    for (size_t i = 0; i < sizeof(prompts) / sizeof(*prompts) && !status; i++)
        status = prompt_load(call, &self->pool, agentbench_prompts, self->prompts_dir,
                             prompts[i].name, prompts[i].names, prompts[i].out);
    if (!status && !self->json->parse(call, texts->tools, NULL))
        return grasp_fail(call, GRASP_E_INVALID, "prompt alfworld_tools.json is not JSON");
    return status;
}

static grasp_str text_option(struct alfworld *self, const grasp_json_value *config, const char *key)
{
    return pool_dup(&self->pool, self->json->as_string(self->json->get(config, grasp_cstr(key))));
}

static int32_t load(grasp_call *call, struct alfworld *self, const grasp_json_value *config)
{
    const grasp_json *json = self->json;
    self->reference = grasp_equal(text_option(self, config, "compat"), "reference");
    self->reminder = json->as_bool(json->get(config, SLICE("reminder")), 1) && !self->reference;
    self->prompts_dir = text_option(self, config, "prompts_dir");
    self->max_turns = (int32_t)json->as_int(json->get(config, SLICE("max_turns")), 35);
    int32_t status = load_prompts(call, self);
    return status ? status
                  : games_load(call, &self->games, text_option(self, config, "data"),
                               text_option(self, config, "lists"));
}

int32_t alfworld_open(grasp_call *call, grasp_str config, void **out_self)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str error = SLICE("");
    const grasp_json_value *options = json->parse(call, config, &error);
    if (json->kind(options) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object: %.*s",
                          (int)error.len, error.ptr);
    struct alfworld *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    self->json = json;
    int32_t status = load(call, self, options);
    if (status) {
        alfworld_close(call, self);
        return status;
    }
    *out_self = self;
    return GRASP_OK;
}

void alfworld_close(grasp_call *call, void *opaque)
{
    struct alfworld *self = opaque;
    if (!self)
        return;
    games_free(&self->games);
    pool_free(&self->pool);
    free(self);
}
