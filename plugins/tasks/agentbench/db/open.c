/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "../agentbench.h"
#include "common/prompts.h"
#include "common/slice.h"
#include "dbbench.h"
#include "sql_source.h"

struct prompt {
    const char *name;
    const char *names[5]; /* placeholders */
    size_t at;            /* in struct db_texts */
};

static int32_t load_prompt(grasp_call *call, struct dbbench *self, const struct prompt *prompt)
{
    grasp_str text;
    int32_t status = prompt_load(call, &self->pool, agentbench_prompts, self->prompts_dir,
                                 prompt->name, prompt->names, &text);
    if (!status)
        *(grasp_str *)((char *)&self->texts + prompt->at) = pool_dup(&self->pool, text);
    return status;
}

static int32_t load_prompts(grasp_call *call, struct dbbench *self)
{
#define AT(member) offsetof(struct db_texts, member)
    const struct prompt prompts[] = {
        {self->text_protocol ? "dbbench_system_text.md" : "dbbench_system.md", {0}, AT(system)},
        {"dbbench_task.md", {"evidence", "table", "question"}, AT(task)},
        {self->text_protocol ? "dbbench_reminder_text.md" : "dbbench_reminder.md",
         {0},
         AT(reminder)},
        {"dbbench_no_tool_call.md", {0}, AT(no_tool_call)},
        {"dbbench_bad_arguments.md", {0}, AT(bad_arguments)},
        {"dbbench_unknown_tool.md", {0}, AT(unknown_tool)},
        {"dbbench_empty_response.md", {0}, AT(empty_response)},
        {"dbbench_timeout.md", {0}, AT(timeout)},
        {"dbbench_driver_error.md", {"error"}, AT(driver_error)},
        {"dbbench_writer_guidance.md", {0}, AT(writer_guidance)},
        {"dbbench_tools.json", {0}, AT(tools)},
        {"history_omitted.md", {"count"}, AT(omitted)},
    };
#undef AT
    int32_t status = GRASP_OK;
    for (size_t i = 0; i < sizeof(prompts) / sizeof(*prompts) && !status; i++)
        status = load_prompt(call, self, &prompts[i]);
    if (!status && !self->json->parse(call, self->texts.tools, NULL))
        return grasp_fail(call, GRASP_E_INVALID, "prompt dbbench_tools.json is not JSON");
    return status;
}

static grasp_str text_option(struct dbbench *self, const grasp_json_value *config, const char *key)
{
    return pool_dup(&self->pool, self->json->as_string(self->json->get(config, grasp_cstr(key))));
}

static int32_t load(grasp_call *call, struct dbbench *self, const grasp_json_value *config)
{
    const grasp_json *json = self->json;
    self->reference = grasp_equal(text_option(self, config, "compat"), "reference");
    self->text_protocol = grasp_equal(text_option(self, config, "protocol"), "text");
    self->reminder = json->as_bool(json->get(config, SLICE("reminder")), 1);
    self->prompts_dir = text_option(self, config, "prompts_dir");
    self->max_turns = (int32_t)json->as_int(json->get(config, SLICE("max_turns")), 15);
    int32_t status = load_prompts(call, self);
    if (!status)
        status = dataset_load(call, &self->set, text_option(self, config, "data"));
    if (!status && !self->source) {
        struct sql_options options = {
            .server = text_option(self, config, "server"),
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
    const grasp_json *json = grasp_json_of(call);
    grasp_str error = SLICE("");
    const grasp_json_value *options = json->parse(call, config, &error);
    if (json->kind(options) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "the options are not a JSON object: %.*s",
                          (int)error.len, error.ptr);
    struct dbbench *self = calloc(1, sizeof(*self));
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the task");
    self->json = json;
    self->source = source;
    int32_t status = load(call, self, options);
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
