/* SPDX-License-Identifier: MIT */
/* Evo-MedAgent: rules with counters and episodes, both retrieved for each turn, updated after every
 * sample by a reflection and a curation (spec/baselines.md 6). */
#pragma once

#include "common/lesson.h"
#include "common/overlap.h"
#include "common/rule_text.h"

#define EVO_OPTIONS(BOOL, REPAIR, INT, NUMBER)                                                     \
    BOOL(episodic_enabled, true, "store and show episodes")                                        \
    BOOL(semantic_enabled, true, "learn and show rules")                                           \
    INT(episodic_top_k, 3, -1, 1000, "episodes that are shown")                                    \
    INT(semantic_top_k, 8, 0, 1000, "rules that are shown")                                        \
    INT(max_episodes, 500, 1, 100000, "episodes that are kept")                                    \
    INT(max_semantic_rules, 25, 1, 10000, "rules that are kept")                                   \
    INT(max_context_chars, 6000, 0, 10000000, "characters of all that is shown")                   \
    INT(semantic_context_max_chars, 2400, 0, 10000000, "of the rules in it")                       \
    INT(episodic_context_max_chars, 2400, 0, 10000000, "of the episodes in it")                    \
    NUMBER(utility_weight, 0.15, 0, 100, "weight of a rule's record against its likeness")         \
    NUMBER(ucb_c, 0.8, 0, 100, "weight of what is little tried")                                   \
    INT(p0_pinned_n, 2, 0, 1000, "rules of priority P0 that come first")                           \
    INT(max_tags_per_rule, 10, 0, 1000, "tags of a rule")                                          \
    REPAIR(credit_shown, "rules are credited that the agent was shown, not those that another "    \
                         "query selects")                                                          \
    REPAIR(own_tags, "a rule that survives a curation keeps its tags alone")                       \
    REPAIR(relevance_first, "beyond the pinned ones rules rank by likeness, not by priority")      \
    REPAIR(fair_utility, "failures count against a rule, and a new one ranks like a good one")     \
    REPAIR(keep_rules, "a curation that leaves nothing usable is not followed")                    \
    REPAIR(task_query, "what fits is looked up by the sample's instruction, if it has one")

struct evo_options {
    OPTION_FIELDS(EVO_OPTIONS)
};

struct evo {
    struct learner learner;
    struct evo_options options;
    grasp_str reflect, curate, protocol;
};

#define EVO_SEMANTIC_HEADER "Rules from earlier episodes"
#define EVO_EPISODIC_HEADER "Similar episodes"
#define EVO_EPISODE_LABEL "episode"
#define EVO_FAILED "The episode could not be reflected on."

struct evo_rule {
    grasp_str id, text, created, updated;
    struct strings tags;
    int64_t shown, success, failure;
};

struct episode {
    grasp_str json; /* the line as it is stored */
    grasp_str id, summary;
    struct strings guidelines;
    struct bag words; /* of all its texts */
};

struct state {
    struct evo_rule *rules;
    size_t rule_count, rule_capacity;
    struct episode *episodes;
    size_t episode_count, episode_capacity;
};

/* A reflection as it is used; value is what it was read from, normalised. */
struct reflection {
    grasp_json_value *value;
    grasp_str summary, analysis;
    struct strings guidelines, tags;
    bool store, update;
};

/* rules.c */
double evo_utility(const struct evo_rule *rule, int64_t total, const struct evo_options *options);
void rules_clean(struct pool *pool, struct state *state, const struct evo_options *options);
/* Positions of the rules for a query. limit: 0 for semantic_top_k. */
size_t rules_select(struct pool *pool, const struct state *state, grasp_str query, int64_t limit,
                    const struct evo_options *options, size_t **out);
struct evo_rule *rule_with_key(struct pool *pool, const struct state *state, grasp_str key);
/* Adds a rule or takes over the tags into the one that says the same; true if it was new. */
bool rule_merge(struct lesson *lesson, struct state *state, const struct evo_options *options,
                grasp_str text, const struct strings *tags);
/* Replaces the rules by a curated list. */
void rules_sync(struct lesson *lesson, struct state *state, const struct evo_options *options,
                const struct strings *texts, const struct strings *tags);

/* state.c */
bool state_read(grasp_call *call, struct pool *pool, const grasp_files *files,
                const struct evo_options *options, struct state *out, grasp_str *out_why);
size_t state_files(struct lesson *lesson, const struct state *state, grasp_file out[2]);
/* The array of the rules, for the file or the log. */
void put_rules(struct text *out, const char *key, const struct state *state);
void episode_add(grasp_call *call, struct pool *pool, struct state *state, grasp_str json,
                 const struct evo_options *options);
/* "rule_" or "epi_" and 12 hex digits, one more than any there is. next: rules that are not in the
 * state yet, or NULL. */
grasp_str state_new_id(struct pool *pool, const struct state *state, const struct state *next,
                       const char *prefix);
size_t episodes_find(struct pool *pool, const struct state *state, grasp_str query, int64_t most,
                     size_t **out);

/* reflect.c */
/* value: an object, or NULL for an empty one. */
void reflection_read(grasp_call *call, struct pool *pool, grasp_json_value *value,
                     struct reflection *out);
int32_t reflect(struct lesson *lesson, const struct evo *self, const struct state *state,
                const struct rollout *rollout, struct reflection *out, grasp_str *out_raw);
/* Asks for the merged list. out_log: the edit_log, or NULL. */
int32_t curate(struct lesson *lesson, const struct evo *self, const struct state *state,
               const struct reflection *reflection, struct strings *out,
               const grasp_json_value **out_log);

/* update.c */
struct report {
    grasp_str episode_id; /* empty for none */
    struct strings shown, added;
};
/* Credits, stores the episode and, with `merge`, adds the guidelines as rules. */
void evo_apply(struct lesson *lesson, const struct evo *self, struct state *state,
               const struct rollout *rollout, const struct reflection *reflection, bool merge,
               struct report *out);
int32_t evo_learn(struct lesson *lesson, void *self, const grasp_files *files);

/* method.c */
/* What is shown for a query, and the ids of it as a JSON array. */
grasp_str evo_context(struct pool *pool, const struct evo *self, const struct state *state,
                      grasp_str query, struct text *ids);

/* rehearsal.c */
const void *evo_extension(grasp_str id);

extern const grasp_method evo_memory_table;
