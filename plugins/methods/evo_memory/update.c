/* SPDX-License-Identifier: MIT */
#include "common/put.h"
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

static void credit(struct lesson *lesson, struct evo_rule *rule, const struct rollout *rollout,
                   const struct reflection *reflection)
{
    struct pool *pool = &lesson->pool;
    double by_text = text_cosine(pool, reflection->analysis, rule->text);
    double by_tags = text_cosine(pool, strings_joined(pool, &reflection->tags),
                                 strings_joined(pool, &rule->tags));
    rule->shown++;
    if (rollout->correct)
        rule->success++;
    else if (by_text > 0 || by_tags > 0)
        rule->failure++;
    rule->updated = lesson->clock;
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
            if (rollout_used(lesson, rollout, state->rules[i].id))
                chosen[count++] = i;
        }
    } else {
        count = rules_select(pool, state, query_of(pool, rollout), 0, &self->options, &chosen);
    }
    for (size_t i = 0; i < count; i++) {
        struct evo_rule *rule = &state->rules[chosen[i]];
        strings_add(pool, &out->shown, rule->id);
        credit(lesson, rule, rollout, reflection);
    }
}

static void store_episode(struct lesson *lesson, const struct evo *self, struct state *state,
                          const struct rollout *rollout, const struct reflection *reflection,
                          struct report *out)
{
    struct pool *pool = &lesson->pool;
    struct text line CLEANUP_TEXT = {0};
    struct strings guidelines = reflection->guidelines;
    if (guidelines.count > GUIDELINES)
        guidelines.count = GUIDELINES;
    const struct strings tags =
        tags_merged(pool, &reflection->tags, NULL, SLICE(""), self->options.max_tags_per_rule);
    out->episode_id = state_new_id(pool, state, NULL, "epi_");
    put_open(&line, NULL, '{');
    put_string(&line, "id", out->episode_id);
    put_string(&line, "timestamp", lesson->clock);
    put_string(&line, "sample_id", rollout->id);
    put_string(&line, "task", text_truncate(pool, query_of(pool, rollout), TASK_CHARACTERS));
    put_bool(&line, "is_correct", rollout->correct);
    put_string(&line, "ground_truth", text_truncate(pool, rollout->expected, TRUTH_CHARACTERS));
    put_string(&line, "episodic_summary",
               text_truncate(pool, reflection->summary, TEXT_CHARACTERS));
    put_string(&line, "failure_analysis",
               text_truncate(pool, reflection->analysis, TEXT_CHARACTERS));
    put_strings(&line, "action_guidelines", &guidelines);
    put_strings(&line, "tags", &tags);
    put_close(&line, '}');
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
    for (size_t i = 0; i < reflection->guidelines.count; i++) {
        grasp_str rule = reflection->guidelines.items[i];
        if (rule_merge(lesson, state, &self->options, rule, &reflection->tags))
            strings_add(pool, &out->added, rule_text(pool, rule));
    }
    rules_clean(pool, state, &self->options);
}

static int32_t curate_rules(struct lesson *lesson, const struct evo *self, struct state *state,
                            const struct reflection *reflection, struct report *report,
                            const grasp_json_value **out_log)
{
    struct pool *pool = &lesson->pool;
    struct strings texts;
    int32_t status = curate(lesson, self, state, reflection, &texts, out_log);
    if (status)
        return status;
    for (size_t i = 0; i < texts.count; i++) {
        if (!rule_with_key(pool, state, rule_key(pool, texts.items[i])))
            strings_add(pool, &report->added, texts.items[i]);
    }
    rules_sync(lesson, state, &self->options, &texts, &reflection->tags);
    return GRASP_OK;
}

static int32_t note_event(struct lesson *lesson, const struct state *state,
                          const struct rollout *rollout, const struct reflection *reflection,
                          grasp_str raw, const struct report *report, const grasp_json_value *log,
                          const size_t before[2])
{
    const grasp_json *json = lesson->json;
    struct text out CLEANUP_TEXT = {0};
    put_open(&out, NULL, '{');
    put_bool(&out, "is_correct", rollout->correct);
    put_string(&out, "sample_id", rollout->id);
    put_json(&out, "reflection", json->print(lesson->call, reflection->value, 0));
    put_string(&out, "reflection_raw", text_truncate(&lesson->pool, raw, RAW_CHARACTERS));
    put_json(&out, "edit_log", log ? json->print(lesson->call, log, 0) : SLICE("{}"));
    if (report->episode_id.len)
        put_string(&out, "stored_episode_id", report->episode_id);
    else
        put_json(&out, "stored_episode_id", SLICE("null"));
    put_strings(&out, "shown_rule_ids", &report->shown);
    put_strings(&out, "added_rules", &report->added);
    put_int(&out, "semantic_size", (int64_t)state->rule_count);
    put_int(&out, "episodic_size", (int64_t)state->episode_count);
    put_int(&out, "epoch", lesson->epoch);
    put_int(&out, "sample_idx", lesson->cycle);
    put_int(&out, "semantic_before", (int64_t)before[0]);
    put_int(&out, "episodic_before", (int64_t)before[1]);
    put_close(&out, '}');
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
    bool merge = update && reflection.guidelines.count == 0;
    evo_apply(lesson, self, state, rollout, &reflection, merge, &report);
    if (update && !merge)
        status = curate_rules(lesson, self, state, &reflection, &report, &log);
    return status ? status
                  : note_event(lesson, state, rollout, &reflection, raw, &report, log, before);
}

int32_t evo_learn(struct lesson *lesson, void *opaque, const grasp_files *files)
{
    const struct evo *self = opaque;
    struct state state = {0};
    grasp_file out[2];
    grasp_str why = SLICE("");
    bool learned = false;
    int32_t status = GRASP_OK;
    state_read(lesson->call, &lesson->pool, files, &self->options, &state, &why);
    for (size_t i = 0; i < lesson->count && !status; i++) {
        if (!lesson->rollouts[i].available)
            continue;
        learned = true;
        status = learn(lesson, self, &state, &lesson->rollouts[i]);
    }
    return status || !learned ? status : lesson_emit(lesson, out, state_files(lesson, &state, out));
}
