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

/* Positions by priority and utility; with a query also by likeness, which relevance_first puts
 * before priority. What is equal then stands in the order of texts, with a query as it stood. */
static size_t *ranked(const struct state *state, const grasp_str *query)
{
    const struct evo_options *options = state->options;
    double(*rows)[3] = pool_array(state->pool, state->rule_count, sizeof(*rows));
    grasp_str *texts = pool_array(state->pool, state->rule_count, sizeof(*texts));
    size_t *order = pool_array(state->pool, state->rule_count, sizeof(*order));
    struct bag wanted = bag_make(state->pool, query ? *query : SLICE(""));
    int likeness = options->relevance_first ? 0 : 1;
    int64_t total = 0;
    for (size_t i = 0; i < state->rule_count; i++)
        total += state->rules[i].shown;
    for (size_t i = 0; i < state->rule_count; i++) {
        const struct evo_rule *rule = &state->rules[i];
        grasp_str both[] = {rule->text, strings_joined(state->pool, &rule->tags)};
        const struct strings words = {both, 2, 0};
        struct bag bag = bag_make(state->pool, strings_joined(state->pool, &words));
        double utility = evo_utility(rule, total, options);
        texts[i] = rule->text;
        rows[i][likeness] =
            query ? bag_cosine(&wanted, &bag) + options->utility_weight * utility : 0;
        rows[i][1 - likeness] = -rule_priority(rule->text);
        rows[i][2] = utility;
    }
    rank_rows(*rows, 3, state->rule_count, query ? NULL : texts, order);
    return order;
}

void rules_clean(struct state *state)
{
    struct strings keys = {0};
    struct state kept = *state;
    kept.rules = pool_array(state->pool, state->rule_count, sizeof(*kept.rules));
    kept.rule_count = 0;
    for (size_t i = 0; i < state->rule_count; i++) {
        struct evo_rule rule = state->rules[i];
        rule.text = rule_text(state->pool, rule.text);
        grasp_str key = rule_key(state->pool, rule.text);
        if (strings_have(&keys, key) || !rule_actionable(state->pool, rule.text))
            continue;
        strings_add(state->pool, &keys, key);
        rule.tags = tags_merged(state->pool, &rule.tags, NULL, rule.text,
                                state->options->max_tags_per_rule);
        kept.rules[kept.rule_count++] = rule;
    }
    const size_t *order = ranked(&kept, NULL);
    if (kept.rule_count > (size_t)state->options->max_semantic_rules)
        kept.rule_count = (size_t)state->options->max_semantic_rules;
    for (size_t i = 0; i < kept.rule_count; i++)
        state->rules[i] = kept.rules[order[i]];
    state->rule_count = kept.rule_count;
}

size_t rules_select(const struct state *state, grasp_str query, int64_t limit, size_t **out)
{
    const struct evo_options *options = state->options;
    const size_t *order = ranked(state, &query);
    size_t count = 0, pinned = 0, all = state->rule_count;
    struct strings ids = {0};
    if (limit == 0)
        limit = options->semantic_top_k;
    if (limit > options->max_semantic_rules)
        limit = options->max_semantic_rules;
    *out = pool_array(state->pool, all, sizeof(**out));
    if (all == 0)
        return 0;
    for (size_t i = 0; i < 2 * all; i++) { /* the pinned ones, then all */
        const struct evo_rule *rule = &state->rules[order[i % all]];
        if (i < all && (rule_priority(rule->text) || (int64_t)pinned++ >= options->p0_pinned_n))
            continue;
        if (strings_have(&ids, rule->id))
            continue;
        strings_add(state->pool, &ids, rule->id);
        (*out)[count++] = order[i % all];
        if ((int64_t)count >= limit)
            break;
    }
    return count;
}

struct evo_rule *rule_with_key(const struct state *state, grasp_str key)
{
    for (size_t i = 0; i < state->rule_count; i++) {
        if (slice_eq(rule_key(state->pool, state->rules[i].text), key))
            return &state->rules[i];
    }
    return NULL;
}

/* Tags are the rule's own, with `more` those of the reflection too, with `infer` words of its text.
 */
static struct strings tags_of(struct study *s, const struct evo_rule *rule, bool more, bool infer)
{
    return tags_merged(s->state->pool, &rule->tags, more ? &s->reflection.tags : NULL,
                       infer ? rule->text : SLICE(""), s->self->options.max_tags_per_rule);
}

/* next: NULL to add to the state. */
static void add_rule(struct study *s, struct state *next, grasp_str text,
                     const struct evo_rule *known)
{
    struct state *out = next ? next : s->state;
    struct evo_rule rule = {.created = s->lesson->clock};
    if (known)
        rule = *known;
    else
        rule.id = state_new_id(s->state, next, "rule_");
    rule.text = text;
    rule.updated = s->lesson->clock;
    rule.tags = tags_of(s, &rule, !known || !s->self->options.own_tags, true);
    POOL_RESERVE(out->pool, out->rules, out->rule_count, out->rule_capacity);
    out->rules[out->rule_count++] = rule;
}

bool rule_merge(struct study *s, grasp_str raw)
{
    grasp_str text = rule_text(s->state->pool, raw);
    if (!rule_actionable(s->state->pool, text))
        return false;
    struct evo_rule *known = rule_with_key(s->state, rule_key(s->state->pool, text));
    if (!known) {
        add_rule(s, NULL, text, NULL);
        return true;
    }
    known->tags = tags_of(s, known, true, false);
    known->updated = s->lesson->clock;
    return false;
}

void rules_sync(struct study *s, const struct strings *texts)
{
    struct state next = *s->state;
    next.rules = NULL;
    next.rule_count = next.rule_capacity = 0;
    for (size_t i = 0; i < texts->count; i++) {
        grasp_str text = rule_text(next.pool, texts->items[i]);
        if (rule_actionable(next.pool, text))
            add_rule(s, &next, text, rule_with_key(s->state, rule_key(next.pool, text)));
    }
    *s->state = next;
    rules_clean(s->state);
}
