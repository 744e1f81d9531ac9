/* SPDX-License-Identifier: MIT */
#include "common/put.h"
#include "common/slice.h"
#include "evo.h"

#define TASK_CHARACTERS 1200
#define TRUTH_CHARACTERS 800
#define TEXT_CHARACTERS 600
#define RAW_CHARACTERS 4000
#define GUIDELINES 5

grasp_str study_query(struct study *s, bool with_answer)
{
    const struct rollout *r = s->rollout;
    grasp_str text = pool_format(s->state->pool, "%.*s\n%.*s", (int)r->instruction.len,
                                 r->instruction.ptr, (int)r->context.len, r->context.ptr);
    grasp_str answer = r->has_answer ? r->answer : SLICE("");
    return with_answer ? pool_format(s->state->pool, "%.*s\n%.*s", (int)text.len, text.ptr,
                                     (int)answer.len, answer.ptr)
                       : text;
}

static void credit(struct study *s, struct evo_rule *rule)
{
    struct pool *pool = s->state->pool;
    double by_text = text_cosine(pool, s->reflection.analysis, rule->text);
    double by_tags = text_cosine(pool, strings_joined(pool, &s->reflection.tags),
                                 strings_joined(pool, &rule->tags));
    strings_add(pool, &s->shown, rule->id);
    rule->shown++;
    if (s->rollout->correct)
        rule->success++;
    else if (by_text > 0 || by_tags > 0)
        rule->failure++;
    rule->updated = s->lesson->clock;
}

static void credit_all(struct study *s)
{
    struct state *state = s->state;
    if (s->self->options.credit_shown) {
        for (size_t i = 0; i < state->rule_count; i++) {
            if (rollout_used(s->lesson, s->rollout, state->rules[i].id))
                credit(s, &state->rules[i]);
        }
        return;
    }
    size_t *chosen, count = rules_select(state, study_query(s, true), 0, &chosen);
    for (size_t i = 0; i < count; i++)
        credit(s, &state->rules[chosen[i]]);
}

static void put_cut(struct text *out, struct pool *pool, const char *key, grasp_str value,
                    int64_t most)
{
    put_string(out, key, text_truncate(pool, value, most));
}

static void store_episode(struct study *s)
{
    struct pool *pool = s->state->pool;
    struct text line CLEANUP_TEXT = {0};
    struct strings guidelines = s->reflection.guidelines;
    if (guidelines.count > GUIDELINES)
        guidelines.count = GUIDELINES;
    const struct strings tags =
        tags_merged(pool, &s->reflection.tags, NULL, SLICE(""), s->self->options.max_tags_per_rule);
    s->episode_id = state_new_id(s->state, NULL, "epi_");
    put_open(&line, NULL, '{');
    put_string(&line, "id", s->episode_id);
    put_string(&line, "timestamp", s->lesson->clock);
    put_string(&line, "sample_id", s->rollout->id);
    put_cut(&line, pool, "task", study_query(s, true), TASK_CHARACTERS);
    put_bool(&line, "is_correct", s->rollout->correct);
    put_cut(&line, pool, "ground_truth", s->rollout->expected, TRUTH_CHARACTERS);
    put_cut(&line, pool, "episodic_summary", s->reflection.summary, TEXT_CHARACTERS);
    put_cut(&line, pool, "failure_analysis", s->reflection.analysis, TEXT_CHARACTERS);
    put_strings(&line, "action_guidelines", &guidelines);
    put_strings(&line, "tags", &tags);
    put_close(&line, '}');
    episode_add(s->lesson->call, s->state, text_view(&line));
}

void evo_apply(struct study *s, bool merge)
{
    credit_all(s);
    if (s->self->options.episodic_enabled && s->reflection.store)
        store_episode(s);
    if (!merge)
        return;
    for (size_t i = 0; i < s->reflection.guidelines.count; i++) {
        grasp_str rule = s->reflection.guidelines.items[i];
        if (rule_merge(s, rule))
            strings_add(s->state->pool, &s->added, rule_text(s->state->pool, rule));
    }
    rules_clean(s->state);
}

static int32_t curate_rules(struct study *s)
{
    struct pool *pool = s->state->pool;
    struct strings texts;
    int32_t status = curate(s, &texts);
    if (status)
        return status;
    for (size_t i = 0; i < texts.count; i++) {
        if (!rule_with_key(s->state, rule_key(pool, texts.items[i])))
            strings_add(pool, &s->added, texts.items[i]);
    }
    rules_sync(s, &texts);
    return GRASP_OK;
}

static int32_t note_event(struct study *s, size_t rules_before, size_t episodes_before)
{
    grasp_call *call = s->lesson->call;
    const grasp_json *json = s->lesson->json;
    struct text out CLEANUP_TEXT = {0};
    put_open(&out, NULL, '{');
    put_bool(&out, "is_correct", s->rollout->correct);
    put_string(&out, "sample_id", s->rollout->id);
    put_json(&out, "reflection", json->print(call, s->reflection.value, 0));
    put_cut(&out, s->state->pool, "reflection_raw", s->raw, RAW_CHARACTERS);
    put_json(&out, "edit_log", s->log ? json->print(call, s->log, 0) : SLICE("{}"));
    if (s->episode_id.len)
        put_string(&out, "stored_episode_id", s->episode_id);
    else
        put_json(&out, "stored_episode_id", SLICE("null"));
    put_strings(&out, "shown_rule_ids", &s->shown);
    put_strings(&out, "added_rules", &s->added);
    put_int(&out, "semantic_size", (int64_t)s->state->rule_count);
    put_int(&out, "episodic_size", (int64_t)s->state->episode_count);
    put_int(&out, "epoch", s->lesson->epoch);
    put_int(&out, "sample_idx", s->lesson->cycle);
    put_int(&out, "semantic_before", (int64_t)rules_before);
    put_int(&out, "episodic_before", (int64_t)episodes_before);
    put_close(&out, '}');
    return lesson_note(s->lesson, "evo_memory_updates.json", &out);
}

static int32_t learn(struct study *s)
{
    size_t rules = s->state->rule_count, episodes = s->state->episode_count;
    int32_t status = reflect(s);
    if (status)
        return status;
    bool update = s->self->options.semantic_enabled && s->reflection.update;
    bool merge = update && s->reflection.guidelines.count == 0;
    evo_apply(s, merge);
    if (update && !merge)
        status = curate_rules(s);
    return status ? status : note_event(s, rules, episodes);
}

int32_t evo_learn(struct lesson *lesson, void *opaque, const grasp_files *files)
{
    const struct evo *self = opaque;
    struct state state = {.pool = &lesson->pool, .options = &self->options};
    grasp_file out[2];
    grasp_str why = SLICE("");
    bool learned = false;
    state_read(lesson->call, lesson->file, files, &state, &why);
    for (size_t i = 0; i < lesson->count; i++) {
        struct study study = {
            .lesson = lesson, .self = self, .state = &state, .rollout = &lesson->rollouts[i]};
        if (!study.rollout->available)
            continue;
        int32_t status = learn(&study);
        if (status)
            return status;
        learned = true;
    }
    return learned ? lesson_emit(lesson, out, state_files(lesson, &state, out)) : GRASP_OK;
}
