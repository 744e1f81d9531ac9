/* SPDX-License-Identifier: MIT */
#include "common/block.h"
#include "common/lines.h"
#include "common/overlap.h"
#include "common/put.h"
#include "common/slice.h"
#include "memory.h"

extern const struct embedded_file memory_prompts[];

struct knowledge {
    struct pool pool;
    struct strings notes;
    struct piece *pieces;
    struct bag *bags;
};

static const char schema[] = OPTION_SCHEMA(MEMORY_OPTIONS);

#define OPTIONS_OF struct memory_options
static const struct option options[] = OPTION_TABLE(MEMORY_OPTIONS);

static const struct prompt_file prompts[] = {PROMPT("note.md", struct memory, note_prompt, "task",
                                                    "context", "response", "verdict", "tags",
                                                    "memory"),
                                             PROMPT_END};

static bool read(grasp_call *call, const void *self, const grasp_files *files,
                 const grasp_file *file, void *opaque, grasp_str *out_why)
{
    struct knowledge *knowledge = opaque;
    size_t raw;
    if (file && !notes_read(call, &knowledge->pool, file->text, &knowledge->notes, &raw, out_why))
        return false;
    size_t count = knowledge->notes.count;
    knowledge->pieces = pool_array(&knowledge->pool, count, sizeof(*knowledge->pieces));
    knowledge->bags = pool_array(&knowledge->pool, count, sizeof(*knowledge->bags));
    for (size_t i = 0; i < count; i++) {
        grasp_str note = knowledge->notes.items[i];
        knowledge->pieces[i].text =
            pool_format(&knowledge->pool, "\n- %.*s", (int)note.len, note.ptr);
        knowledge->bags[i] = bag_make(&knowledge->pool, note);
    }
    return true;
}

static const char *const names[] = {"memory.json", "best.json", NULL};

/* What both methods have in common. */
#define KIND                                                                                       \
    .size = sizeof(struct memory), .options = options,                                             \
    .options_at = offsetof(struct memory, options), .files = memory_prompts, .prompts = prompts,   \
    .compat_placement = GRASP_PLACE_FIELD, .folder = "memory", .compat_order = "epoch",            \
    .names = names, .knowledge_size = sizeof(struct knowledge), .read = read

static const struct learner_kind sequential = {KIND, .unit = "sample", .learn = memory_learn};
static const struct learner_kind batch = {KIND, .unit = "batch", .learn = batch_memory_learn};

static int32_t open_memory(grasp_call *call, grasp_str config, grasp_str task, void **out_self)
{
    return learner_open(call, &sequential, config, task, out_self);
}

static int32_t open_batch_memory(grasp_call *call, grasp_str config, grasp_str task,
                                 void **out_self)
{
    return learner_open(call, &batch, config, task, out_self);
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
    put_strings(&out, NULL, &knowledge->notes);
    return call->host->emit_json(call, text_view(&out));
}

const grasp_method memory_table = {
    .size = sizeof(memory_table),
    .id = "memory",
    .summary = "sequential memory: a note after each failure, all notes in every turn",
    .options = schema,
    .open = open_memory,
    .augment = augment,
    .describe = describe,
    LEARNER_MEMBERS,
    .extension = memory_extension,
};

const grasp_method batch_memory_table = {
    .size = sizeof(batch_memory_table),
    .id = "batch_memory",
    .summary = "batch memory: notes after each batch of failures, all notes in every turn",
    .options = schema,
    .open = open_batch_memory,
    .augment = augment,
    .describe = describe,
    LEARNER_MEMBERS,
    .extension = memory_extension,
};
