/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "common/overlap.h"
#include "common/slice.h"
#include "evo.h"

double evo_utility(const struct evo_rule *rule, int64_t total, const struct evo_options *options)
{
    double tries = (double)(total + 1 > 2 ? total + 1 : 2);
    if (rule->shown <= 0 && !options->fair_utility)
        return 1;
    double shown = rule->shown > 0 ? (double)rule->shown : 1;
    double judged = (double)(rule->success + rule->failure);
    double mean = !options->fair_utility ? (double)rule->success / shown
                  : judged > 0           ? (double)rule->success / judged
                                         : 1;
    return mean + options->ucb_c * sqrt(log(tries) / shown);
}

static int64_t total_shown(const struct state *state)
{
    int64_t total = 0;
    for (size_t i = 0; i < state->rule_count; i++)
        total += state->rules[i].shown;
    return total;
}

/* Positions by priority, then by utility, then by text. */
static size_t *by_standing(struct pool *pool, const struct state *state,
                           const struct evo_options *options)
{
    double(*standing)[2] = pool_array(pool, state->rule_count, sizeof(*standing));
    grasp_str *texts = pool_array(pool, state->rule_count, sizeof(*texts));
    size_t *order = pool_array(pool, state->rule_count, sizeof(*order));
    int64_t total = total_shown(state);
    for (size_t i = 0; i < state->rule_count; i++) {
        texts[i] = state->rules[i].text;
        standing[i][0] = -rule_priority(texts[i]);
        standing[i][1] = evo_utility(&state->rules[i], total ? total : 1, options);
    }
    rank_rows(*standing, 2, state->rule_count, texts, order);
    return order;
}

void rules_clean(struct pool *pool, struct state *state, const struct evo_options *options)
{
    struct strings keys = {0};
    struct state kept = *state;
    kept.rules = pool_array(pool, state->rule_count, sizeof(*kept.rules));
    kept.rule_count = 0;
    for (size_t i = 0; i < state->rule_count; i++) {
        struct evo_rule rule = state->rules[i];
        rule.text = rule_text(pool, rule.text);
        grasp_str key = rule_key(pool, rule.text);
        if (strings_have(&keys, key) || !rule_actionable(pool, rule.text))
            continue;
        strings_add(pool, &keys, key);
        rule.tags = tags_merged(pool, &rule.tags, NULL, rule.text, options->max_tags_per_rule);
        kept.rules[kept.rule_count++] = rule;
    }
    const size_t *order = by_standing(pool, &kept, options);
    if (kept.rule_count > (size_t)options->max_semantic_rules)
        kept.rule_count = (size_t)options->max_semantic_rules;
    for (size_t i = 0; i < kept.rule_count; i++)
        state->rules[i] = kept.rules[order[i]];
    state->rule_count = kept.rule_count;
}

/* Positions by what a rule is worth for a query. */
static size_t *by_worth(struct pool *pool, const struct state *state, grasp_str query,
                        const struct evo_options *options)
{
    double(*worth)[3] = pool_array(pool, state->rule_count, sizeof(*worth));
    size_t *order = pool_array(pool, state->rule_count, sizeof(*order));
    struct bag wanted = bag_make(pool, query);
    int64_t total = total_shown(state);
    int likeness = options->relevance_first ? 0 : 1;
    for (size_t i = 0; i < state->rule_count; i++) {
        const struct evo_rule *rule = &state->rules[i];
        grasp_str both[] = {rule->text, strings_joined(pool, &rule->tags)};
        struct bag words = bag_make(pool, strings_joined(pool, &(struct strings){both, 2, 0}));
        worth[i][2] = evo_utility(rule, total, options);
        worth[i][likeness] = bag_cosine(&wanted, &words) + options->utility_weight * worth[i][2];
        worth[i][1 - likeness] = -rule_priority(rule->text);
    }
    rank_rows(*worth, 3, state->rule_count, NULL, order);
    return order;
}

size_t rules_select(struct pool *pool, const struct state *state, grasp_str query, int64_t limit,
                    const struct evo_options *options, size_t **out)
{
    const size_t *ranked = by_worth(pool, state, query, options);
    size_t count = 0, pinned = 0, all = state->rule_count;
    struct strings ids = {0};
    if (limit == 0)
        limit = options->semantic_top_k;
    if (limit > options->max_semantic_rules)
        limit = options->max_semantic_rules;
    *out = pool_array(pool, all, sizeof(**out));
    for (size_t i = 0; i < 2 * all; i++) {
        const struct evo_rule *rule = &state->rules[ranked[i % all]];
        if (i < all && (rule_priority(rule->text) || (int64_t)pinned++ >= options->p0_pinned_n))
            continue;
        if (strings_have(&ids, rule->id))
            continue;
        strings_add(pool, &ids, rule->id);
        (*out)[count++] = ranked[i % all];
        if ((int64_t)count >= limit)
            break;
    }
    return count;
}

struct evo_rule *rule_with_key(struct pool *pool, const struct state *state, grasp_str key)
{
    for (size_t i = 0; i < state->rule_count; i++) {
        if (slice_eq(rule_key(pool, state->rules[i].text), key))
            return &state->rules[i];
    }
    return NULL;
}

static void keep_rule(struct pool *pool, struct state *state, const struct evo_rule *rule)
{
    POOL_RESERVE(pool, state->rules, state->rule_count, state->rule_capacity);
    state->rules[state->rule_count++] = *rule;
}

static void add_rule(struct lesson *lesson, struct state *state, const struct state *next,
                     grasp_str text, const struct strings *tags, const struct evo_options *options,
                     struct state *out)
{
    const struct evo_rule rule = {
        .id = state_new_id(&lesson->pool, state, next, "rule_"),
        .text = text,
        .tags = tags_merged(&lesson->pool, tags, NULL, text, options->max_tags_per_rule),
        .created = lesson->clock,
        .updated = lesson->clock};
    keep_rule(&lesson->pool, out, &rule);
}

bool rule_merge(struct lesson *lesson, struct state *state, const struct evo_options *options,
                grasp_str raw, const struct strings *tags)
{
    struct pool *pool = &lesson->pool;
    grasp_str text = rule_text(pool, raw);
    if (!rule_actionable(pool, text))
        return false;
    struct evo_rule *known = rule_with_key(pool, state, rule_key(pool, text));
    if (!known) {
        add_rule(lesson, state, NULL, text, tags, options, state);
        return true;
    }
    known->tags = tags_merged(pool, &known->tags, tags, SLICE(""), options->max_tags_per_rule);
    known->updated = lesson->clock;
    return false;
}

void rules_sync(struct lesson *lesson, struct state *state, const struct evo_options *options,
                const struct strings *texts, const struct strings *tags)
{
    struct pool *pool = &lesson->pool;
    struct state next = {.episodes = state->episodes,
                         .episode_count = state->episode_count,
                         .episode_capacity = state->episode_capacity};
    for (size_t i = 0; i < texts->count; i++) {
        grasp_str text = rule_text(pool, texts->items[i]);
        const struct evo_rule *known = rule_with_key(pool, state, rule_key(pool, text));
        if (!rule_actionable(pool, text))
            continue;
        if (!known) {
            add_rule(lesson, state, &next, text, tags, options, &next);
            continue;
        }
        struct evo_rule rule = *known;
        rule.text = text;
        rule.updated = lesson->clock;
        rule.tags = tags_merged(pool, &rule.tags, options->own_tags ? NULL : tags, text,
                                options->max_tags_per_rule);
        keep_rule(pool, &next, &rule);
    }
    *state = next;
    rules_clean(pool, state, options);
}
