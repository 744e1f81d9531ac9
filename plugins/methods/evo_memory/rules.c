/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

struct keyed {
    struct evo_rule rule;
    grasp_str key;
    double utility;
};

static int by_standing(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    int p = rule_priority(x->rule.text), q = rule_priority(y->rule.text);
    if (p != q)
        return p - q;
    if (x->utility != y->utility)
        return x->utility > y->utility ? -1 : 1;
    return slice_cmp(x->rule.text, y->rule.text);
}

void rules_clean(struct pool *pool, struct state *state, const struct evo_options *options)
{
    struct keyed *kept = pool_array(pool, state->rule_count, sizeof(*kept));
    int64_t total = 0;
    size_t count = 0;
    for (size_t i = 0; i < state->rule_count; i++) {
        struct keyed *next = &kept[count];
        *next = (struct keyed){.rule = state->rules[i]};
        next->rule.text = rule_text(pool, next->rule.text);
        next->key = rule_key(pool, next->rule.text);
        bool known = false;
        for (size_t k = 0; k < count && !known; k++)
            known = slice_eq(kept[k].key, next->key);
        if (known || !rule_actionable(pool, next->rule.text))
            continue;
        grasp_str *tags = NULL;
        size_t tag_count = 0;
        tags_add(pool, &tags, &tag_count, next->rule.tags, next->rule.tag_count,
                 options->max_tags_per_rule);
        tags_infer(pool, next->rule.text, options->max_tags_per_rule, &tags, &tag_count);
        next->rule.tags = tags;
        next->rule.tag_count = tag_count;
        total += next->rule.shown;
        count++;
    }
    for (size_t i = 0; i < count; i++)
        kept[i].utility = evo_utility(&kept[i].rule, total ? total : 1, options);
    if (count)
        qsort(kept, count, sizeof(*kept), by_standing);
    if (count > (size_t)options->max_semantic_rules)
        count = (size_t)options->max_semantic_rules;
    for (size_t i = 0; i < count; i++)
        state->rules[i] = kept[i].rule;
    state->rule_count = count;
}

struct candidate {
    size_t at;
    int priority;
    double score, utility;
    bool relevance_first;
};

static int by_worth(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (!x->relevance_first && x->priority != y->priority)
        return x->priority - y->priority;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->relevance_first && x->priority != y->priority)
        return x->priority - y->priority;
    if (x->utility != y->utility)
        return x->utility > y->utility ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static struct candidate *rank(struct pool *pool, const struct state *state, grasp_str query,
                              const struct evo_options *options)
{
    struct candidate *list = pool_array(pool, state->rule_count, sizeof(*list));
    struct bag wanted = bag_make(pool, query);
    int64_t total = total_shown(state);
    for (size_t i = 0; i < state->rule_count; i++) {
        const struct evo_rule *rule = &state->rules[i];
        const grasp_str both[] = {rule->text, join_words(pool, rule->tags, rule->tag_count)};
        struct bag words = bag_make(pool, join_words(pool, both, 2));
        double utility = evo_utility(rule, total, options);
        list[i] =
            (struct candidate){i, rule_priority(rule->text),
                               bag_cosine(&wanted, &words) + options->utility_weight * utility,
                               utility, options->relevance_first};
    }
    if (state->rule_count)
        qsort(list, state->rule_count, sizeof(*list), by_worth);
    return list;
}

size_t rules_select(struct pool *pool, const struct state *state, grasp_str query, int64_t limit,
                    const struct evo_options *options, size_t **out)
{
    struct candidate *ranked = rank(pool, state, query, options);
    size_t count = 0, pinned = 0;
    if (limit == 0)
        limit = options->semantic_top_k;
    if (limit > options->max_semantic_rules)
        limit = options->max_semantic_rules;
    *out = pool_array(pool, 2 * state->rule_count, sizeof(**out));
    if (state->rule_count == 0)
        return 0;
    for (size_t i = 0; i < 2 * state->rule_count; i++) {
        const struct candidate *next = &ranked[i % state->rule_count];
        bool known = false;
        if (i < state->rule_count && (next->priority || (int64_t)pinned++ >= options->p0_pinned_n))
            continue;
        for (size_t k = 0; k < count && !known; k++)
            known = slice_eq(state->rules[(*out)[k]].id, state->rules[next->at].id);
        if (known)
            continue;
        (*out)[count++] = next->at;
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

static void put_rule(struct pool *pool, struct state *state, const struct evo_rule *rule)
{
    POOL_RESERVE(pool, state->rules, state->rule_count, state->rule_capacity);
    state->rules[state->rule_count++] = *rule;
}

static struct evo_rule new_rule(struct lesson *lesson, const struct state *state,
                                const struct state *next, grasp_str text, const grasp_str *tags,
                                size_t tag_count, const struct evo_options *options)
{
    struct evo_rule rule = {.id = state_new_id(&lesson->pool, state, next, "rule_"),
                            .text = text,
                            .created = lesson->clock,
                            .updated = lesson->clock};
    tags_add(&lesson->pool, &rule.tags, &rule.tag_count, tags, tag_count,
             options->max_tags_per_rule);
    tags_infer(&lesson->pool, text, options->max_tags_per_rule, &rule.tags, &rule.tag_count);
    return rule;
}

bool rule_merge(struct lesson *lesson, struct state *state, const struct evo_options *options,
                grasp_str raw, const grasp_str *tags, size_t tag_count)
{
    struct pool *pool = &lesson->pool;
    grasp_str text = rule_text(pool, raw);
    if (!rule_actionable(pool, text))
        return false;
    struct evo_rule *known = rule_with_key(pool, state, rule_key(pool, text));
    if (known) {
        tags_add(pool, &known->tags, &known->tag_count, tags, tag_count,
                 options->max_tags_per_rule);
        known->updated = lesson->clock;
        return false;
    }
    const struct evo_rule rule = new_rule(lesson, state, NULL, text, tags, tag_count, options);
    put_rule(pool, state, &rule);
    return true;
}

void rules_sync(struct lesson *lesson, struct state *state, const struct evo_options *options,
                const grasp_str *texts, size_t count, const grasp_str *tags, size_t tag_count)
{
    struct pool *pool = &lesson->pool;
    struct state next = {.episodes = state->episodes, .episode_count = state->episode_count};
    for (size_t i = 0; i < count; i++) {
        grasp_str text = rule_text(pool, texts[i]);
        const struct evo_rule *known = rule_with_key(pool, state, rule_key(pool, text));
        if (!rule_actionable(pool, text))
            continue;
        if (!known) {
            const struct evo_rule rule =
                new_rule(lesson, state, &next, text, tags, tag_count, options);
            put_rule(pool, &next, &rule);
            continue;
        }
        struct evo_rule rule = *known;
        rule.text = text;
        rule.updated = lesson->clock;
        if (!options->own_tags)
            tags_add(pool, &rule.tags, &rule.tag_count, tags, tag_count,
                     options->max_tags_per_rule);
        tags_infer(pool, text, options->max_tags_per_rule, &rule.tags, &rule.tag_count);
        put_rule(pool, &next, &rule);
    }
    *state = (struct state){next.rules,      next.rule_count,      next.rule_capacity,
                            state->episodes, state->episode_count, state->episode_capacity};
    rules_clean(pool, state, options);
}
