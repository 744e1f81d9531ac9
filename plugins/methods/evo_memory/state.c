/* SPDX-License-Identifier: MIT */
/* semantic.json and episodic.jsonl. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/overlap.h"
#include "common/slice.h"
#include "evo.h"

#define DIGITS 12
#define COUNT_MAX 1000000000

static int64_t read_count(const grasp_json *json, const grasp_json_value *entry, const char *key)
{
    int64_t count = json->as_int(member_of(json, entry, key), 0);
    return count < 0 ? 0 : count > COUNT_MAX ? COUNT_MAX : count;
}

static void read_rule(grasp_call *call, struct pool *pool, const grasp_json_value *entry,
                      struct state *out)
{
    const grasp_json *json = grasp_json_of(call);
    bool plain = json->kind(entry) == GRASP_JSON_STRING;
    if (!plain && json->kind(entry) != GRASP_JSON_OBJECT)
        return;
    struct evo_rule rule = {
        .id = pool_dup(pool, member_text(json, entry, "id")),
        .text = pool_dup(pool, plain ? json->as_string(entry) : member_text(json, entry, "text")),
        .created = pool_dup(pool, member_text(json, entry, "created_at")),
        .updated = pool_dup(pool, member_text(json, entry, "updated_at")),
        .shown = read_count(json, entry, "shown"),
        .success = read_count(json, entry, "success"),
        .failure = read_count(json, entry, "failure"),
    };
    rule.tags = value_strings(call, pool, member_of(json, entry, "tags"), &rule.tag_count);
    POOL_RESERVE(pool, out->rules, out->rule_count, out->rule_capacity);
    out->rules[out->rule_count++] = rule;
}

static bool read_semantic(grasp_call *call, struct pool *pool, grasp_str text,
                          const struct evo_options *options, struct state *out, grasp_str *out_why)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *root = json->parse(call, text, out_why);
    const grasp_json_value *list = member_of(json, root, "rule_entries");
    if (json->kind(root) != GRASP_JSON_OBJECT) {
        if (!out_why->len)
            *out_why = SLICE("it is a JSON object with \"rule_entries\"");
        return false;
    }
    if (json->count(list) == 0)
        list = member_of(json, root, "rules");
    for (uint64_t i = 0; json->kind(list) == GRASP_JSON_ARRAY && i < json->count(list); i++)
        read_rule(call, pool, json->at(list, i), out);
    rules_clean(pool, out, options);
    return true;
}

void episode_add(grasp_call *call, struct pool *pool, struct state *state, grasp_str text,
                 const struct evo_options *options)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *value = json->parse(call, text, NULL);
    if (json->kind(value) != GRASP_JSON_OBJECT)
        return;
    struct episode episode = {
        .json = pool_dup(pool, json->print(call, value, 0)),
        .id = pool_dup(pool, member_text(json, value, "id")),
        .summary = pool_dup(pool, member_text(json, value, "episodic_summary")),
    };
    size_t tag_count;
    const grasp_str *tags = value_strings(call, pool, member_of(json, value, "tags"), &tag_count);
    episode.guidelines = value_strings(call, pool, member_of(json, value, "action_guidelines"),
                                       &episode.guideline_count);
    const grasp_str texts[] = {member_text(json, value, "task"), episode.summary,
                               member_text(json, value, "failure_analysis"),
                               join_words(pool, episode.guidelines, episode.guideline_count),
                               join_words(pool, tags, tag_count)};
    episode.words = bag_make(pool, join_words(pool, texts, sizeof(texts) / sizeof(*texts)));
    if (state->episode_count && state->episode_count >= (size_t)options->max_episodes) {
        size_t over = state->episode_count + 1 - (size_t)options->max_episodes;
        state->episode_count -= over;
        memmove(state->episodes, state->episodes + over,
                state->episode_count * sizeof(*state->episodes));
    }
    POOL_RESERVE(pool, state->episodes, state->episode_count, state->episode_capacity);
    state->episodes[state->episode_count++] = episode;
}

bool state_read(grasp_call *call, struct pool *pool, const grasp_files *files,
                const struct evo_options *options, struct state *out, grasp_str *out_why)
{
    static const char *const semantic[] = {"semantic.json", NULL};
    static const char *const episodic[] = {"episodic.jsonl", NULL};
    const grasp_file *rules = learner_file(files, semantic);
    const grasp_file *episodes = learner_file(files, episodic);
    grasp_str rest = episodes ? episodes->text : SLICE(""), line;
    while (slice_line(&rest, &line))
        episode_add(call, pool, out, line, options);
    return !rules || read_semantic(call, pool, rules->text, options, out, out_why);
}

void rules_json(struct text *out, const struct state *state)
{
    text_char(out, '[');
    for (size_t i = 0; i < state->rule_count; i++) {
        const struct evo_rule *rule = &state->rules[i];
        text_put(out, i ? ", {\"id\": " : "{\"id\": ");
        text_json(out, rule->id);
        text_put(out, ", \"text\": ");
        text_json(out, rule->text);
        text_put(out, ", \"tags\": ");
        put_strings(out, rule->tags, rule->tag_count);
        text_format(out, ", \"shown\": %lld, \"success\": %lld, \"failure\": %lld",
                    (long long)rule->shown, (long long)rule->success, (long long)rule->failure);
        text_put(out, ", \"created_at\": ");
        text_json(out, rule->created);
        text_put(out, ", \"updated_at\": ");
        text_json(out, rule->updated);
        text_char(out, '}');
    }
    text_char(out, ']');
}

size_t state_files(struct lesson *lesson, const struct state *state, grasp_file out[2])
{
    struct text rules CLEANUP_TEXT = {0}, episodes CLEANUP_TEXT = {0};
    text_put(&rules, "{\"version\": 1, \"updated_at\": ");
    text_json(&rules, lesson->clock);
    text_put(&rules, ", \"rules\": [");
    for (size_t i = 0; i < state->rule_count; i++) {
        text_put(&rules, i ? ", " : "");
        text_json(&rules, state->rules[i].text);
    }
    text_put(&rules, "], \"rule_entries\": ");
    rules_json(&rules, state);
    text_char(&rules, '}');
    for (size_t i = 0; i < state->episode_count; i++) {
        text_str(&episodes, state->episodes[i].json);
        text_char(&episodes, '\n');
    }
    out[0] = (grasp_file){SLICE("semantic.json"), pretty_json(lesson->call, text_view(&rules))};
    out[1] = (grasp_file){SLICE("episodic.jsonl"), pool_dup(&lesson->pool, text_view(&episodes))};
    return 2;
}

static void take_number(grasp_str id, unsigned long long *highest)
{
    char digits[DIGITS + 1], *end;
    size_t at;
    if (!slice_find(id, SLICE("_"), 0, &at) || id.len != at + 1 + DIGITS)
        return;
    memcpy(digits, id.ptr + at + 1, DIGITS);
    digits[DIGITS] = '\0';
    unsigned long long number = strtoull(digits, &end, 16);
    if (end == digits + DIGITS && number > *highest)
        *highest = number;
}

grasp_str state_new_id(struct pool *pool, const struct state *state, const struct state *next,
                       const char *prefix)
{
    unsigned long long highest = 0;
    for (size_t i = 0; i < state->rule_count; i++)
        take_number(state->rules[i].id, &highest);
    for (size_t i = 0; next && i < next->rule_count; i++)
        take_number(next->rules[i].id, &highest);
    for (size_t i = 0; i < state->episode_count; i++)
        take_number(state->episodes[i].id, &highest);
    return pool_format(pool, "%s%012llx", prefix, (highest + 1) & 0xffffffffffffull);
}

size_t episodes_find(struct pool *pool, const struct state *state, grasp_str query, int64_t most,
                     size_t **out)
{
    struct bag wanted = bag_make(pool, query);
    double *scores = pool_array(pool, state->episode_count, sizeof(*scores));
    size_t count = 0;
    *out = pool_array(pool, state->episode_count, sizeof(**out));
    for (size_t i = 0; i < state->episode_count; i++)
        scores[i] = bag_cosine(&wanted, &state->episodes[i].words);
    rank_by_score(scores, state->episode_count, *out);
    while (count < state->episode_count && (int64_t)count < most && scores[(*out)[count]] > 0)
        count++;
    return count;
}
