/* SPDX-License-Identifier: MIT */
#include "common/block.h"
#include "common/lines.h"
#include "common/overlap.h"
#include "common/slice.h"
#include "memory.h"

extern const struct embedded_file memory_prompts[];

struct knowledge {
    struct pool pool;
    struct notes notes;
    struct piece *pieces;
    struct bag *bags;
};

const char memory_options_schema[] = OPTION_SCHEMA(MEMORY_OPTIONS);

#define OPTIONS_OF struct memory_options
static const struct option options[] = OPTION_TABLE(MEMORY_OPTIONS);

static const char *const note_names[] = {"family",   "hints",   "labels", "task",   "context",
                                         "response", "verdict", "tags",   "memory", NULL};
static const struct prompt_file prompts[] = {
    {"note.md", note_names, offsetof(struct memory, note_prompt)}, {NULL, NULL, 0}};

static const struct learner_kind kind = {
    .size = sizeof(struct memory),
    .options = options,
    .options_at = offsetof(struct memory, options),
    .files = memory_prompts,
    .prompts = prompts,
    .compat_placement = GRASP_PLACE_FIELD,
};

static int32_t open_memory(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    return learner_open(call, &kind, config, task, out_self);
}

static int32_t memory_info(grasp_call *call, void *self)
{
    return learner_info(call, self, "sample", "memory", "epoch");
}

static int32_t batch_memory_info(grasp_call *call, void *self)
{
    return learner_info(call, self, "batch", "memory", "epoch");
}

static int32_t load(grasp_call *call, void *opaque, const grasp_files *files, void **out_knowledge)
{
    static const char *const names[] = {"memory.json", "best.json", NULL};
    const struct memory *self = opaque;
    const grasp_file *file = learner_file(files, names);
    struct knowledge *knowledge = learner_knowledge(call, sizeof(*knowledge));
    grasp_str why = SLICE("");
    size_t raw;
    if (!knowledge)
        return GRASP_E_NOMEM;
    if (file && !notes_read(call, &knowledge->pool, file->text, &knowledge->notes, &raw, &why) &&
        !self->learner.common.reference) {
        learner_unload(call, opaque, knowledge);
        return learner_refuse(call, file, why);
    }
    size_t count = knowledge->notes.count;
    knowledge->pieces = pool_array(&knowledge->pool, count, sizeof(*knowledge->pieces));
    knowledge->bags = pool_array(&knowledge->pool, count, sizeof(*knowledge->bags));
    for (size_t i = 0; i < count; i++) {
        grasp_str note = knowledge->notes.items[i];
        knowledge->pieces[i].text =
            pool_format(&knowledge->pool, "\n- %.*s", (int)note.len, note.ptr);
        knowledge->bags[i] = bag_make(&knowledge->pool, note);
    }
    *out_knowledge = knowledge;
    return GRASP_OK;
}

/* All notes; when they are too many for the limit, those that share most words with the task. */
static int32_t augment(grasp_call *call, void *opaque, const void *loaded, const grasp_turn *turn)
{
    const struct memory *self = opaque;
    const struct knowledge *knowledge = loaded;
    size_t count = knowledge->notes.count, size = 0;
    struct pool pool CLEANUP_POOL = {0};
    struct piece *pieces = knowledge->pieces;
    if (count == 0)
        return GRASP_OK;
    for (size_t i = 0; i < count; i++)
        size += pieces[i].text.len;
    if (self->learner.common.max_guidance_chars &&
        size + 1000 > (size_t)self->learner.common.max_guidance_chars && turn->count) {
        struct bag query = bag_make(&pool, turn->messages[turn_input(turn)]->content);
        pieces = pool_array(&pool, count, sizeof(*pieces));
        for (size_t i = 0; i < count; i++)
            pieces[i] = (struct piece){knowledge->pieces[i].text, SLICE(""),
                                       bag_cosine(&knowledge->bags[i], &query)};
    }
    const struct block block = {SLICE("<memory>\n" NOTES_HEADER), SLICE("\n</memory>"), pieces,
                                count, SLICE("")};
    return block_emit(call, &self->learner.common, &block);
}

static int32_t describe(grasp_call *call, void *self, const void *loaded)
{
    const struct knowledge *knowledge = loaded;
    struct text out CLEANUP_TEXT = {0};
    put_strings(&out, knowledge->notes.items, knowledge->notes.count);
    return call->host->emit_json(call, text_view(&out));
}

static const void *extension(grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_REHEARSAL) ? &memory_rehearsal : NULL;
}

const grasp_method memory_table = {
    .size = sizeof(memory_table),
    .id = "memory",
    .summary = "sequential memory: a note after each failure, all notes in every turn",
    .options = memory_options_schema,
    .open = open_memory,
    .info = memory_info,
    .load = load,
    .unload = learner_unload,
    .augment = augment,
    .describe = describe,
    .learn = memory_learn,
    .close = learner_close,
    .extension = extension,
};

const grasp_method batch_memory_table = {
    .size = sizeof(batch_memory_table),
    .id = "batch_memory",
    .summary = "batch memory: notes after each batch of failures, all notes in every turn",
    .options = memory_options_schema,
    .open = open_memory,
    .info = batch_memory_info,
    .load = load,
    .unload = learner_unload,
    .augment = augment,
    .describe = describe,
    .learn = batch_memory_learn,
    .close = learner_close,
    .extension = extension,
};
