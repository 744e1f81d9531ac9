/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "../setup.h"
#include "common/slice.h"
#include "dbbench.h"
#include "sql_source.h"

static int32_t load_texts(grasp_call *call, struct dbbench *self, grasp_str folder)
{
#define TEXT(name, ...) PROMPT(name, struct db_texts, __VA_ARGS__)
    const struct prompt_file files[] = {
        TEXT(self->text_protocol ? "dbbench_system_text.md" : "dbbench_system.md", system),
        TEXT("dbbench_task.md", task, "evidence", "table", "question"),
        TEXT(self->text_protocol ? "dbbench_reminder_text.md" : "dbbench_reminder.md", reminder),
        TEXT("dbbench_no_tool_call.md", no_tool_call),
        TEXT("dbbench_bad_arguments.md", bad_arguments),
        TEXT("dbbench_unknown_tool.md", unknown_tool),
        TEXT("dbbench_empty_response.md", empty_response),
        TEXT("dbbench_timeout.md", timeout),
        TEXT("dbbench_driver_error.md", driver_error, "error"),
        TEXT("dbbench_writer_guidance.md", writer_guidance),
        TEXT("dbbench_tools.json", tools),
        TEXT("history_omitted.md", omitted, "count"),
        PROMPT_END,
    };
#undef TEXT
    return setup_texts(call, &self->pool, folder, files, &self->texts);
}

static int32_t load(grasp_call *call, struct dbbench *self, const grasp_json_value *config)
{
    const grasp_json *json = self->json;
    self->reference = grasp_equal(member_text(json, config, "compat"), "reference");
    self->text_protocol = grasp_equal(member_text(json, config, "protocol"), "text");
    self->reminder = json->as_bool(json->get(config, SLICE("reminder")), 1);
    self->max_turns = (int32_t)json->as_int(json->get(config, SLICE("max_turns")), 15);
    int32_t status = load_texts(call, self, member_text(json, config, "prompts_dir"));
    if (!status)
        status = dataset_load(call, &self->set, member_copy(json, &self->pool, config, "data"));
    if (!status && !self->source) {
        struct sql_options options = {
            .server = member_copy(json, &self->pool, config, "server"),
            .statement_timeout =
                (unsigned)json->as_int(json->get(config, SLICE("statement_timeout")), 60),
            .disk_mb = (unsigned)json->as_int(json->get(config, SLICE("disk_mb")), 512),
        };
        status = sql_source_open(call, &options, &self->source);
    }
    return status;
}

int32_t dbbench_open_with(grasp_call *call, grasp_str config, struct database_source *source,
                          void **out_self)
{
    const grasp_json_value *options = NULL;
    int32_t status = setup_options(call, config, &options);
    if (status)
        return status;
    struct dbbench *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    self->json = grasp_json_of(call);
    self->source = source;
    status = load(call, self, options);
    if (status) {
        if (source)
            self->source = NULL;
        dbbench_close(call, self);
        return status;
    }
    *out_self = self;
    return GRASP_OK;
}

int32_t dbbench_open(grasp_call *call, grasp_str config, void **out_self)
{
    return dbbench_open_with(call, config, NULL, out_self);
}

void dbbench_close(grasp_call *call, void *opaque)
{
    struct dbbench *self = opaque;
    if (!self)
        return;
    if (self->source)
        self->source->ops->close(self->source);
    dataset_free(&self->set);
    pool_free(&self->pool);
    free(self);
}
