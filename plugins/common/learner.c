/* SPDX-License-Identifier: MIT */
#include "common/learner.h"

#include <stdlib.h>
#include <string.h>

#include "common/prompts.h"
#include "common/slice.h"

static void read_labels(const grasp_json *json, struct learner *self,
                        const grasp_json_value *labels)
{
    struct text out CLEANUP_TEXT = {0};
    for (size_t i = 0; i < json->count(labels) && self->common.show_tags; i++) {
        grasp_str name;
        const grasp_json_value *value = json->member(labels, i, &name);
        text_put(&out, i ? "\n- " : "- ");
        text_str(&out, name);
        text_put(&out, ": ");
        text_line(&out, json->as_string(value));
    }
    self->labels = pool_dup(&self->pool, text_view(&out));
}

static int32_t read_task(grasp_call *call, struct learner *self, grasp_str task)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *info = json->parse(call, task, NULL);
    if (json->kind(info) != GRASP_JSON_OBJECT)
        return grasp_fail(call, GRASP_E_INVALID, "what the task says of itself is no JSON object");
    const grasp_json_value *writer = member_of(json, info, "writer");
    self->family = pool_dup(&self->pool, member_text(json, writer, "family"));
    self->hints = pool_dup(&self->pool, member_text(json, writer, "guidance"));
    read_labels(json, self, member_of(json, writer, "labels"));
    return GRASP_OK;
}

static int32_t read_prompts(grasp_call *call, const struct learner_kind *kind, struct learner *self)
{
    for (const struct prompt_file *file = kind->prompts; file->name; file++) {
        grasp_str text;
        int32_t status = prompt_load(call, &self->pool, kind->files, self->common.prompts_dir,
                                     file->name, file->placeholders, &text);
        if (status)
            return status;
        memcpy((char *)self + file->at, &text, sizeof(text));
    }
    return GRASP_OK;
}

int32_t learner_open(grasp_call *call, const struct learner_kind *kind, grasp_str config,
                     grasp_str task, void **out_self)
{
    struct learner *self = calloc(1, kind->size);
    if (!self)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    int32_t status = options_load(call, config, kind->compat_placement, &self->common,
                                  kind->options, (char *)self + kind->options_at);
    if (!status)
        status = read_prompts(call, kind, self);
    if (!status)
        status = read_task(call, self, task);
    self->common.prompts_dir = SLICE("");
    if (status) {
        learner_close(call, self);
        return status;
    }
    *out_self = self;
    return GRASP_OK;
}

int32_t learner_info(grasp_call *call, const void *opaque, const char *unit, const char *folder,
                     const char *compat_order)
{
    const struct learner *self = opaque;
    return call->host->emit_json(
        call, grasp_format(call, "{\"unit\": \"%s\", \"folder\": \"%s\", \"order\": \"%s\"}", unit,
                           folder, self->common.reference ? compat_order : "run"));
}

void learner_close(grasp_call *call, void *opaque)
{
    struct learner *self = opaque;
    if (!self)
        return;
    pool_free(&self->pool);
    free(self);
}

void *learner_knowledge(grasp_call *call, size_t size)
{
    void *knowledge = calloc(1, size);
    if (!knowledge)
        grasp_fail(call, GRASP_E_NOMEM, "no memory for the knowledge");
    return knowledge;
}

void learner_unload(grasp_call *call, void *self, void *knowledge)
{
    if (!knowledge)
        return;
    pool_free(knowledge);
    free(knowledge);
}

const grasp_file *learner_file(const grasp_files *files, const char *const *names)
{
    for (; *names; names++) {
        for (uint64_t i = 0; i < files->count; i++) {
            if (grasp_equal(files->items[i].name, *names))
                return &files->items[i];
        }
    }
    return NULL;
}

int32_t learner_refuse(grasp_call *call, const grasp_file *file, grasp_str why)
{
    return grasp_fail(
        call, GRASP_E_INVALID, "%.*s: %.*s; repair the file, or leave it out to begin without it",
        (int)file->name.len, file->name.ptr, (int)(why.len > 300 ? 300 : why.len), why.ptr);
}

grasp_str pretty_json(grasp_call *call, grasp_str text)
{
    const grasp_json *json = grasp_json_of(call);
    return json->print(call, json->parse(call, text, NULL), 2);
}

grasp_str value_text(grasp_call *call, const grasp_json_value *value)
{
    const grasp_json *json = grasp_json_of(call);
    switch (json->kind(value)) {
    case GRASP_JSON_NULL:
        return SLICE("");
    case GRASP_JSON_STRING:
        return json->as_string(value);
    default:
        return json->print(call, value, 0);
    }
}

void put_strings(struct text *out, const grasp_str *items, size_t count)
{
    text_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            text_put(out, ", ");
        text_json(out, items[i]);
    }
    text_char(out, ']');
}

void put_member(struct text *out, const char *key, grasp_str value)
{
    text_format(out, ", \"%s\": ", key);
    text_json(out, value);
}

grasp_str *value_strings(grasp_call *call, struct pool *pool, const grasp_json_value *list,
                         size_t *out_count)
{
    const grasp_json *json = grasp_json_of(call);
    size_t count = json->kind(list) == GRASP_JSON_ARRAY ? json->count(list) : 0;
    grasp_str *items = pool_array(pool, count, sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = pool_dup(pool, value_text(call, json->at(list, i)));
    *out_count = count;
    return items;
}
