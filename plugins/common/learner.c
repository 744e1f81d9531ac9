/* SPDX-License-Identifier: MIT */
#include "common/learner.h"

#include <stdlib.h>
#include <string.h>

#include "common/prompts.h"
#include "common/slice.h"
#include "common/value.h"

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

/* The placeholders of every prompt, and its own. */
static const char *const *names_of(struct pool *pool, const struct prompt_file *file)
{
    static const char *const shared[] = {LEARNER_PLACEHOLDERS};
    size_t count = 0, own = 0;
    while (file->placeholders && file->placeholders[own])
        own++;
    const char **names =
        pool_array(pool, own + sizeof(shared) / sizeof(*shared) + 1, sizeof(*names));
    for (size_t i = 0; file->placeholders && i < sizeof(shared) / sizeof(*shared); i++)
        names[count++] = shared[i];
    for (size_t i = 0; i < own; i++)
        names[count++] = file->placeholders[i];
    return names;
}

static int32_t read_prompts(grasp_call *call, const struct learner_kind *kind, struct learner *self)
{
    struct pool scratch CLEANUP_POOL = {0};
    for (const struct prompt_file *file = kind->prompts; file->name; file++) {
        grasp_str text;
        int32_t status = prompt_load(call, &self->pool, kind->files, self->common.prompts_dir,
                                     file->name, names_of(&scratch, file), &text);
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
    self->kind = kind;
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

int32_t learner_info(grasp_call *call, void *opaque)
{
    const struct learner *self = opaque;
    const struct learner_kind *kind = self->kind;
    return call->host->emit_json(
        call,
        grasp_format(call, "{\"unit\": \"%s\", \"folder\": \"%s\", \"order\": \"%s\"}", kind->unit,
                     kind->folder, self->common.reference ? kind->compat_order : "run"));
}

void learner_close(grasp_call *call, void *opaque)
{
    struct learner *self = opaque;
    if (!self)
        return;
    pool_free(&self->pool);
    free(self);
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

static int32_t refuse(grasp_call *call, const grasp_file *file, grasp_str why)
{
    return grasp_fail(
        call, GRASP_E_INVALID, "%.*s: %.*s; repair the file, or leave it out to begin without it",
        (int)file->name.len, file->name.ptr, (int)(why.len > 300 ? 300 : why.len), why.ptr);
}

int32_t learner_load(grasp_call *call, void *opaque, const grasp_files *files, void **out_knowledge)
{
    const struct learner *self = opaque;
    const struct learner_kind *kind = self->kind;
    const grasp_file *file = learner_file(files, kind->names);
    void *knowledge = calloc(1, kind->knowledge_size);
    grasp_str why = SLICE("");
    if (!knowledge)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the knowledge");
    if (!kind->read(call, self, files, file, knowledge, &why) && file && !self->common.reference) {
        learner_unload(call, opaque, knowledge);
        return refuse(call, file, why);
    }
    *out_knowledge = knowledge;
    return GRASP_OK;
}

void learner_unload(grasp_call *call, void *self, void *knowledge)
{
    if (!knowledge)
        return;
    pool_free(knowledge);
    free(knowledge);
}
