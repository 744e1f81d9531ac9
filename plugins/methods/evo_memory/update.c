/* SPDX-License-Identifier: MIT */
#include "common/overlap.h"
#include "common/slice.h"
#include "evo.h"

#define TASK_CHARACTERS 1200
#define TRUTH_CHARACTERS 800
#define TEXT_CHARACTERS 600
#define RAW_CHARACTERS 4000
#define GUIDELINES 5

static grasp_str query_of(struct pool *pool, const struct rollout *rollout)
{
    grasp_str answer = rollout->has_answer ? rollout->answer : SLICE("");
    return pool_format(pool, "%.*s\n%.*s\n%.*s", (int)rollout->instruction.len,
                       rollout->instruction.ptr, (int)rollout->context.len, rollout->context.ptr,
                       (int)answer.len, answer.ptr);
}

static double likeness(struct pool *pool, grasp_str a, grasp_str b)
{
    struct bag x = bag_make(pool, a), y = bag_make(pool, b);
    return bag_cosine(&x, &y);
}

static void credit(struct lesson *lesson, struct evo_rule *rule, const struct rollout *rollout,
                   const struct reflection *reflection)
{
    struct pool *pool = &lesson->pool;
    double by_text = likeness(pool, reflection->analysis, rule->text);
    double by_tags = likeness(pool, join_words(pool, reflection->tags, reflection->tag_count),
                              join_words(pool, rule->tags, rule->tag_count));
    rule->shown++;
    if (rollout->correct)
        rule->success++;
    else if (by_text > 0 || by_tags > 0)
        rule->failure++;
    rule->updated = lesson->clock;
}

static bool was_shown(const struct lesson *lesson, const struct rollout *rollout, grasp_str id)
{
    for (uint64_t i = 0; i < lesson->json->count(rollout->used); i++) {
        if (slice_eq(lesson->json->as_string(lesson->json->at(rollout->used, i)), id))
            return true;
    }
    return false;
}

static void credit_all(struct lesson *lesson, const struct evo *self, struct state *state,
                       const struct rollout *rollout, const struct reflection *reflection,
                       struct report *out)
{
    struct pool *pool = &lesson->pool;
    size_t *chosen, count = 0;
    if (self->options.credit_shown) {
        chosen = pool_array(pool, state->rule_count, sizeof(*chosen));
        for (size_t i = 0; i < state->rule_count; i++) {
            if (was_shown(lesson, rollout, state->rules[i].id))
                chosen[count++] = i;
        }
    } else {
        count = rules_select(pool, state, query_of(pool, rollout), 0, &self->options, &chosen);
    }
    out->shown = pool_array(pool, count, sizeof(*out->shown));
    for (size_t i = 0; i < count; i++) {
        struct evo_rule *rule = &state->rules[chosen[i]];
        out->shown[out->shown_count++] = rule->id;
        credit(lesson, rule, rollout, reflection);
    }
}

static void store_episode(struct lesson *lesson, const struct evo *self, struct state *state,
                          const struct rollout *rollout, const struct reflection *reflection,
                          struct report *out)
{
    struct pool *pool = &lesson->pool;
    struct text line CLEANUP_TEXT = {0};
    grasp_str *tags = NULL;
    size_t tag_count = 0, guidelines = reflection->guideline_count;
    tags_add(pool, &tags, &tag_count, reflection->tags, reflection->tag_count,
             self->options.max_tags_per_rule);
    out->episode_id = state_new_id(pool, state, NULL, "epi_");
    text_put(&line, "{\"id\": ");
    text_json(&line, out->episode_id);
    put_member(&line, "timestamp", lesson->clock);
    put_member(&line, "sample_id", rollout->id);
    put_member(&line, "task", text_truncate(pool, query_of(pool, rollout), TASK_CHARACTERS));
    text_format(&line, ", \"is_correct\": %s", rollout->correct ? "true" : "false");
    put_member(&line, "ground_truth", text_truncate(pool, rollout->expected, TRUTH_CHARACTERS));
    put_member(&line, "episodic_summary",
               text_truncate(pool, reflection->summary, TEXT_CHARACTERS));
    put_member(&line, "failure_analysis",
               text_truncate(pool, reflection->analysis, TEXT_CHARACTERS));
    text_put(&line, ", \"action_guidelines\": ");
    put_strings(&line, reflection->guidelines, guidelines < GUIDELINES ? guidelines : GUIDELINES);
    text_put(&line, ", \"tags\": ");
    put_strings(&line, tags, tag_count);
    text_char(&line, '}');
    episode_add(lesson->call, pool, state, text_view(&line), &self->options);
}

void evo_apply(struct lesson *lesson, const struct evo *self, struct state *state,
               const struct rollout *rollout, const struct reflection *reflection, bool merge,
               struct report *out)
{
    struct pool *pool = &lesson->pool;
    *out = (struct report){0};
    credit_all(lesson, self, state, rollout, reflection, out);
    if (self->options.episodic_enabled && reflection->store)
        store_episode(lesson, self, state, rollout, reflection, out);
    if (!merge)
        return;
    out->added = pool_array(pool, reflection->guideline_count, sizeof(*out->added));
    for (size_t i = 0; i < reflection->guideline_count; i++) {
        if (rule_merge(lesson, state, &self->options, reflection->guidelines[i], reflection->tags,
                       reflection->tag_count))
            out->added[out->added_count++] = rule_text(pool, reflection->guidelines[i]);
    }
    rules_clean(pool, state, &self->options);
}

static int32_t curate_rules(struct lesson *lesson, const struct evo *self, struct state *state,
                            const struct reflection *reflection, struct report *report,
                            const grasp_json_value **out_log)
{
    struct pool *pool = &lesson->pool;
    grasp_str *texts;
    size_t count;
    int32_t status = curate(lesson, self, state, reflection, &texts, &count, out_log);
    if (status)
        return status;
    report->added = pool_array(pool, count, sizeof(*report->added));
    for (size_t i = 0; i < count; i++) {
        if (!rule_with_key(pool, state, rule_key(pool, texts[i])))
            report->added[report->added_count++] = texts[i];
    }
    rules_sync(lesson, state, &self->options, texts, count, reflection->tags,
               reflection->tag_count);
    return GRASP_OK;
}

static int32_t note_event(struct lesson *lesson, const struct state *state,
                          const struct rollout *rollout, const struct reflection *reflection,
                          grasp_str raw, const struct report *report, const grasp_json_value *log,
                          const size_t before[2])
{
    struct text out CLEANUP_TEXT = {0};
    text_format(&out, "{\"is_correct\": %s", rollout->correct ? "true" : "false");
    put_member(&out, "sample_id", rollout->id);
    text_put(&out, ", \"reflection\": ");
    text_str(&out, lesson->json->print(lesson->call, reflection->value, 0));
    put_member(&out, "reflection_raw", text_truncate(&lesson->pool, raw, RAW_CHARACTERS));
    text_put(&out, ", \"edit_log\": ");
    text_str(&out, log ? lesson->json->print(lesson->call, log, 0) : SLICE("{}"));
    text_put(&out, ", \"stored_episode_id\": ");
    if (report->episode_id.len)
        text_json(&out, report->episode_id);
    else
        text_put(&out, "null");
    text_put(&out, ", \"shown_rule_ids\": ");
    put_strings(&out, report->shown, report->shown_count);
    text_put(&out, ", \"added_rules\": ");
    put_strings(&out, report->added, report->added_count);
    text_format(&out,
                ", \"semantic_size\": %zu, \"episodic_size\": %zu, \"epoch\": %lld, "
                "\"sample_idx\": %lld, \"semantic_before\": %zu, \"episodic_before\": %zu}",
                state->rule_count, state->episode_count, (long long)lesson->epoch,
                (long long)lesson->cycle, before[0], before[1]);
    return lesson_note(lesson, "evo_memory_updates.json", &out);
}

static int32_t learn(struct lesson *lesson, const struct evo *self, struct state *state,
                     const struct rollout *rollout)
{
    const size_t before[] = {state->rule_count, state->episode_count};
    struct reflection reflection;
    struct report report;
    const grasp_json_value *log = NULL;
    grasp_str raw = SLICE("");
    int32_t status = reflect(lesson, self, state, rollout, &reflection, &raw);
    if (status)
        return status;
    bool update = self->options.semantic_enabled && reflection.update;
    bool merge = update && reflection.guideline_count == 0;
    evo_apply(lesson, self, state, rollout, &reflection, merge, &report);
    if (update && !merge)
        status = curate_rules(lesson, self, state, &reflection, &report, &log);
    return status ? status
                  : note_event(lesson, state, rollout, &reflection, raw, &report, log, before);
}

int32_t evo_learn(grasp_call *call, void *opaque, const grasp_lab *lab, const grasp_files *files,
                  const void *knowledge, grasp_str batch)
{
    const struct evo *self = opaque;
    struct lesson lesson CLEANUP_LESSON;
    struct state state = {0};
    grasp_file out[2];
    grasp_str why = SLICE("");
    bool learned = false;
    int32_t status = lesson_open(call, opaque, lab, batch, &lesson);
    if (status)
        return status;
    state_read(call, &lesson.pool, files, &self->options, &state, &why);
    for (size_t i = 0; i < lesson.count && !status; i++) {
        if (!lesson.rollouts[i].available)
            continue;
        learned = true;
        status = learn(&lesson, self, &state, &lesson.rollouts[i]);
    }
    if (status || !learned)
        return status;
    return lesson_emit(&lesson, out, state_files(&lesson, &state, out));
}
