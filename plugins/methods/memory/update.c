/* SPDX-License-Identifier: MIT */
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

static grasp_str prompt_for(struct lesson *lesson, const struct memory *self,
                            const struct rollout *rollout, const struct notes *notes)
{
    struct text memory CLEANUP_TEXT = {0}, verdict CLEANUP_TEXT = {0};
    notes_block(&memory, notes);
    memory_verdict(&verdict, rollout);
    const struct binding bindings[] = {
        {"family", self->learner.family},
        {"hints", self->learner.hints},
        {"labels", self->learner.labels},
        {"task", rollout_task(rollout)},
        {"context", rollout->context},
        {"response", utf8_prefix(rollout->response, RESPONSE_CHARACTERS)},
        {"verdict", text_view(&verdict)},
        {"tags", rollout->tags},
        {"memory", text_view(&memory)},
        {NULL, SLICE("")}};
    return lesson_fill(lesson, self->note_prompt, bindings);
}

static void keep_newest(const struct memory *self, struct notes *notes)
{
    size_t most = (size_t)self->options.max_bullets;
    if (!self->options.enforce_limit || notes->count <= most)
        return;
    notes->items += notes->count - most;
    notes->capacity -= notes->count - most;
    notes->count = most;
}

int32_t memory_update(struct lesson *lesson, const struct memory *self, struct notes *notes)
{
    for (size_t i = 0; i < lesson->count; i++) {
        const struct rollout *rollout = &lesson->rollouts[i];
        struct answer answer;
        grasp_str note;
        if (!rollout_failed(rollout))
            continue;
        const struct request request = {SLICE(""), prompt_for(lesson, self, rollout, notes)};
        int32_t status = lesson_ask(lesson, &request, 1, &answer);
        if (status)
            return status;
        if (!answer.ok || !note_read(lesson->call, &lesson->pool, answer.text, &note))
            continue;
        if (!self->options.dedup_notes || !notes_have(notes, note))
            notes_add(&lesson->pool, notes, note);
    }
    return GRASP_OK;
}

static size_t failures(const struct lesson *lesson)
{
    size_t count = 0;
    for (size_t i = 0; i < lesson->count; i++)
        count += rollout_failed(&lesson->rollouts[i]);
    return count;
}

static size_t successes(const struct lesson *lesson)
{
    size_t count = 0;
    for (size_t i = 0; i < lesson->count; i++)
        count += lesson->rollouts[i].correct;
    return count;
}

/* The reference's event: of the sample that failed, or of the batch. */
static int32_t note_event(struct lesson *lesson, bool batch, size_t before,
                          const struct notes *notes)
{
    struct text event CLEANUP_TEXT = {0};
    size_t from = before < notes->count ? before : notes->count;
    text_format(&event, "{\"epoch\": %lld, ", (long long)lesson->epoch);
    if (batch) {
        text_format(&event,
                    "\"update_cycle\": %lld, \"batch_size\": %zu, \"batch_correct\": %zu, "
                    "\"n_failing\": %zu, ",
                    (long long)lesson->cycle, lesson->count, successes(lesson), failures(lesson));
    } else {
        text_format(&event, "\"sample_idx\": %lld, \"sample_id\": ", (long long)lesson->cycle);
        text_json(&event, lesson->rollouts[0].id);
        text_format(&event, ", \"memory_version_before\": %zu, ", before);
    }
    text_put(&event, "\"new_bullets\": ");
    put_strings(&event, from < notes->count ? notes->items + from : NULL, notes->count - from);
    text_format(&event, ", \"memory_size\": %zu}", notes->count);
    return lesson_note(lesson, "memory_updates.json", &event);
}

static int32_t learn(struct lesson *lesson, const struct memory *self, const grasp_files *files,
                     bool batch)
{
    static const char *const names[] = {"memory.json", "best.json", NULL};
    const grasp_file *file = learner_file(files, names);
    struct notes notes = {0};
    size_t before = 0;
    grasp_str why = SLICE("");
    if (file)
        notes_read(lesson->call, &lesson->pool, file->text, &notes, &before, &why);
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

int32_t memory_learn(grasp_call *call, void *self, const grasp_lab *lab, const grasp_files *files,
                     const void *knowledge, grasp_str batch)
{
    struct lesson lesson CLEANUP_LESSON;
    int32_t status = lesson_open(call, self, lab, batch, &lesson);
    return status || !failures(&lesson) ? status : learn(&lesson, self, files, false);
}

int32_t batch_memory_learn(grasp_call *call, void *self, const grasp_lab *lab,
                           const grasp_files *files, const void *knowledge, grasp_str batch)
{
    struct lesson lesson CLEANUP_LESSON;
    int32_t status = lesson_open(call, self, lab, batch, &lesson);
    return status ? status : learn(&lesson, self, files, true);
}
