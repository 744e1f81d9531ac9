/* SPDX-License-Identifier: MIT */
/* semantic.json and episodic.jsonl. */
#include <stdlib.h>
#include <string.h>

#include "common/put.h"
#include "common/slice.h"
#include "evo.h"

#define DIGITS 12
#define COUNT_MAX 1000000000

static int64_t read_count(const grasp_json *json, const grasp_json_value *entry, const char *key)
{
    int64_t count = json->as_int(member_of(json, entry, key), 0);
    return count < 0 ? 0 : count > COUNT_MAX ? COUNT_MAX : count;
}

static void read_rule(grasp_call *call, const grasp_json_value *entry, struct state *out)
{
    const grasp_json *json = grasp_json_of(call);
    struct pool *pool = out->pool;
    bool plain = json->kind(entry) == GRASP_JSON_STRING;
    if (!plain && json->kind(entry) != GRASP_JSON_OBJECT)
        return;
    POOL_RESERVE(pool, out->rules, out->rule_count, out->rule_capacity);
    out->rules[out->rule_count++] = (struct evo_rule){
        .id = member_copy(json, pool, entry, "id"),
        .text =
            plain ? pool_dup(pool, json->as_string(entry)) : member_copy(json, pool, entry, "text"),
        .tags = value_strings(call, pool, member_of(json, entry, "tags")),
        .created = member_copy(json, pool, entry, "created_at"),
        .updated = member_copy(json, pool, entry, "updated_at"),
        .shown = read_count(json, entry, "shown"),
        .success = read_count(json, entry, "success"),
        .failure = read_count(json, entry, "failure"),
    };
}

static bool read_semantic(grasp_call *call, grasp_str text, struct state *out, grasp_str *out_why)
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
        read_rule(call, json->at(list, i), out);
    rules_clean(out);
    return true;
}

/* Makes room for one more by leaving out the oldest. */
static void forget_episodes(struct state *state)
{
    size_t most = (size_t)state->options->max_episodes;
    size_t over = state->episode_count < most ? 0 : state->episode_count + 1 - most;
    state->episode_count -= over;
    if (over)
        memmove(state->episodes, state->episodes + over,
                state->episode_count * sizeof(*state->episodes));
}

void episode_add(grasp_call *call, struct state *state, grasp_str text)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *value = json->parse(call, text, NULL);
    struct pool *pool = state->pool;
    if (json->kind(value) != GRASP_JSON_OBJECT)
        return;
    struct episode episode = {
        .json = pool_dup(pool, json->print(call, value, 0)),
        .id = member_copy(json, pool, value, "id"),
        .summary = member_copy(json, pool, value, "episodic_summary"),
        .guidelines = value_strings(call, pool, member_of(json, value, "action_guidelines")),
    };
    const struct strings tags = value_strings(call, pool, member_of(json, value, "tags"));
    grasp_str texts[] = {member_text(json, value, "task"), episode.summary,
                         member_text(json, value, "failure_analysis"),
                         strings_joined(pool, &episode.guidelines), strings_joined(pool, &tags)};
    const struct strings all = {texts, sizeof(texts) / sizeof(*texts), 0};
    episode.words = bag_make(pool, strings_joined(pool, &all));
    forget_episodes(state);
    POOL_RESERVE(pool, state->episodes, state->episode_count, state->episode_capacity);
    state->episodes[state->episode_count++] = episode;
}

bool state_read(grasp_call *call, const grasp_file *rules, const grasp_files *files,
                struct state *out, grasp_str *out_why)
{
    static const char *const names[] = {"episodic.jsonl", NULL};
    const grasp_file *episodes = learner_file(files, names);
    grasp_str rest = episodes ? episodes->text : SLICE(""), line;
    while (slice_line(&rest, &line))
        episode_add(call, out, line);
    return !rules || read_semantic(call, rules->text, out, out_why);
}

void put_rules(struct text *out, const char *key, const struct state *state)
{
    put_open(out, key, '[');
    for (size_t i = 0; i < state->rule_count; i++) {
        const struct evo_rule *rule = &state->rules[i];
        put_open(out, NULL, '{');
        put_string(out, "id", rule->id);
        put_string(out, "text", rule->text);
        put_strings(out, "tags", &rule->tags);
        put_int(out, "shown", rule->shown);
        put_int(out, "success", rule->success);
        put_int(out, "failure", rule->failure);
        put_string(out, "created_at", rule->created);
        put_string(out, "updated_at", rule->updated);
        put_close(out, '}');
    }
    put_close(out, ']');
}

size_t state_files(struct lesson *lesson, const struct state *state, grasp_file out[2])
{
    struct text rules CLEANUP_TEXT = {0}, episodes CLEANUP_TEXT = {0};
    put_open(&rules, NULL, '{');
    put_int(&rules, "version", 1);
    put_string(&rules, "updated_at", lesson->clock);
    put_open(&rules, "rules", '[');
    for (size_t i = 0; i < state->rule_count; i++)
        put_string(&rules, NULL, state->rules[i].text);
    put_close(&rules, ']');
    put_rules(&rules, "rule_entries", state);
    put_close(&rules, '}');
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

grasp_str state_new_id(const struct state *state, const struct state *next, const char *prefix)
{
    unsigned long long highest = 0;
    for (size_t i = 0; i < state->rule_count; i++)
        take_number(state->rules[i].id, &highest);
    for (size_t i = 0; next && i < next->rule_count; i++)
        take_number(next->rules[i].id, &highest);
    for (size_t i = 0; i < state->episode_count; i++)
        take_number(state->episodes[i].id, &highest);
    return pool_format(state->pool, "%s%012llx", prefix, (highest + 1) & 0xffffffffffffull);
}

size_t episodes_find(const struct state *state, grasp_str query, int64_t most, size_t **out)
{
    struct bag wanted = bag_make(state->pool, query);
    double *scores = pool_array(state->pool, state->episode_count, sizeof(*scores));
    size_t count = 0;
    *out = pool_array(state->pool, state->episode_count, sizeof(**out));
    for (size_t i = 0; i < state->episode_count; i++)
        scores[i] = bag_cosine(&wanted, &state->episodes[i].words);
    rank_by_score(scores, state->episode_count, *out);
    while (count < state->episode_count && (int64_t)count < most && scores[(*out)[count]] > 0)
        count++;
    return count;
}
