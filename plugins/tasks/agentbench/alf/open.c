/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "../setup.h"
#include "alfworld.h"
#include "common/slice.h"

static int32_t load_texts(grasp_call *call, struct alfworld *self, grasp_str folder)
{
#define TEXT(name, ...) PROMPT(name, struct alf_texts, __VA_ARGS__)
    const struct prompt_file files[] = {
        TEXT("alfworld_system.md", system),
        TEXT("alfworld_task.md", task, "scene", "actions"),
        TEXT("alfworld_reminder.md", reminder),
        TEXT("alfworld_no_tool_call.md", no_tool_call),
        TEXT("alfworld_bad_arguments.md", bad_arguments),
        TEXT("alfworld_writer_guidance.md", writer_guidance),
        TEXT("alfworld_tools.json", tools),
        TEXT("history_omitted.md", omitted, "count"),
        PROMPT_END,
    };
#undef TEXT
    return setup_texts(call, &self->pool, folder, files, &self->texts);
}

static int32_t load(grasp_call *call, struct alfworld *self, const grasp_json_value *config)
{
    const grasp_json *json = self->json;
    self->reference = grasp_equal(member_text(json, config, "compat"), "reference");
    self->reminder = json->as_bool(json->get(config, SLICE("reminder")), 1) && !self->reference;
    self->max_turns = (int32_t)json->as_int(json->get(config, SLICE("max_turns")), 35);
    int32_t status = load_texts(call, self, member_text(json, config, "prompts_dir"));
    return status ? status
                  : games_load(call, &self->games, member_copy(json, &self->pool, config, "data"),
                               member_copy(json, &self->pool, config, "lists"));
}

int32_t alfworld_open(grasp_call *call, grasp_str config, void **out_self)
{
    const grasp_json_value *options = NULL;
    int32_t status = setup_options(call, config, &options);
    if (status)
        return status;
    struct alfworld *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    self->json = grasp_json_of(call);
    status = load(call, self, options);
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
