/* SPDX-License-Identifier: MIT */
#include "common/put.h"
#include "common/slice.h"
#include "memory.h"

#define RESPONSE_CHARACTERS 1000

void memory_verdict(struct text *out, const struct rollout *rollout)
{
    if (rollout->has_expected) {
        text_put(out, "ref_sol: ");
        text_str(out, rollout->expected);
        text_char(out, '\n');
    }
    text_put(out, rollout->correct ? "True" : "False");
}

static int32_t ask(struct lesson *lesson, const struct memory *self, const struct rollout *rollout,
                   const struct strings *notes, struct answer *out)
{
    struct text memory CLEANUP_TEXT = {0}, verdict CLEANUP_TEXT = {0};
    notes_block(&memory, notes);
    memory_verdict(&verdict, rollout);
    const struct binding bindings[] = {
        {"task", rollout_task(rollout)},
        {"context", rollout->context},
        {"response", utf8_prefix(rollout->response, RESPONSE_CHARACTERS)},
        {"verdict", text_view(&verdict)},
        {"tags", rollout->tags},
        {"memory", text_view(&memory)},
        {NULL, SLICE("")}};
    return lesson_ask_one(lesson, self->note_prompt, bindings, out);
}

static void keep_newest(const struct memory *self, struct strings *notes)
{
    size_t most = (size_t)self->options.max_bullets;
    if (!self->options.enforce_limit || notes->count <= most)
        return;
    notes->items += notes->count - most;
    notes->capacity -= notes->count - most;
    notes->count = most;
}

int32_t memory_update(struct lesson *lesson, const struct memory *self, struct strings *notes)
{
    for (size_t i = 0; i < lesson->count; i++) {
        const struct rollout *rollout = &lesson->rollouts[i];
        struct answer answer;
        grasp_str note;
        if (!rollout_failed(rollout))
            continue;
        int32_t status = ask(lesson, self, rollout, notes, &answer);
        if (status)
            return status;
        if (!answer.ok || !note_read(lesson->call, &lesson->pool, answer.text, &note))
            continue;
        if (!self->options.dedup_notes || !notes_have(notes, note))
            strings_add(&lesson->pool, notes, note);
    }
    return GRASP_OK;
}

static int64_t failures(const struct lesson *lesson)
{
    int64_t count = 0;
    for (size_t i = 0; i < lesson->count; i++)
        count += rollout_failed(&lesson->rollouts[i]);
    return count;
}

static int64_t successes(const struct lesson *lesson)
{
    int64_t count = 0;
    for (size_t i = 0; i < lesson->count; i++)
        count += lesson->rollouts[i].correct;
    return count;
}

/* The reference's event: of the sample that failed, or of the batch. */
static int32_t note_event(struct lesson *lesson, bool batch, size_t before,
                          const struct strings *notes)
{
    struct text event CLEANUP_TEXT = {0};
    size_t from = before < notes->count ? before : notes->count;
    const struct strings fresh = {from ? notes->items + from : notes->items, notes->count - from,
                                  0};
    put_open(&event, NULL, '{');
    put_int(&event, "epoch", lesson->epoch);
    if (batch) {
        put_int(&event, "update_cycle", lesson->cycle);
        put_int(&event, "batch_size", (int64_t)lesson->count);
        put_int(&event, "batch_correct", successes(lesson));
        put_int(&event, "n_failing", failures(lesson));
    } else {
        put_int(&event, "sample_idx", lesson->cycle);
        put_string(&event, "sample_id", lesson->rollouts[0].id);
        put_int(&event, "memory_version_before", (int64_t)before);
    }
    put_strings(&event, "new_bullets", &fresh);
    put_int(&event, "memory_size", (int64_t)notes->count);
    put_close(&event, '}');
    return lesson_note(lesson, "memory_updates.json", &event);
}

static int32_t learn(struct lesson *lesson, const struct memory *self, bool batch)
{
    struct strings notes = {0};
    size_t before = 0;
    grasp_str why = SLICE("");
    if (lesson->file)
        notes_read(lesson->call, &lesson->pool, lesson->file->text, &notes, &before, &why);
    if (!self->learner.common.reference)
        before = notes.count;
    int32_t status = memory_update(lesson, self, &notes);
    if (!status)
        status = note_event(lesson, batch, before, &notes);
    keep_newest(self, &notes);
    if (status)
        return status;
    const grasp_file out = {SLICE("memory.json"), notes_file(lesson->call, &notes)};
    return lesson_emit(lesson, &out, 1);
}

int32_t memory_learn(struct lesson *lesson, void *self, const grasp_files *files)
{
    return failures(lesson) ? learn(lesson, self, false) : GRASP_OK;
}

int32_t batch_memory_learn(struct lesson *lesson, void *self, const grasp_files *files)
{
    return learn(lesson, self, true);
}
