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

/* What is known; learning reads it anew, augment makes a view of its own. */
struct state {
    struct pool *pool; /* for what is added, and for what a look-up makes */
    const struct evo_options *options;
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

/* What is learned from one rollout. */
struct study {
    struct lesson *lesson;
    const struct evo *self;
    struct state *state;
    const struct rollout *rollout;
    struct reflection reflection;
    grasp_str raw;               /* the reflection as it was written */
    const grasp_json_value *log; /* the curation's edit_log, or NULL */
    grasp_str episode_id;        /* of the episode that was stored; empty for none */
    struct strings shown, added; /* ids of the rules that were credited, texts of new ones */
};

/* rules.c */
double evo_utility(const struct evo_rule *rule, int64_t total, const struct evo_options *options);
void rules_clean(struct state *state);
/* Positions of the rules for a query. limit: 0 for semantic_top_k. */
size_t rules_select(const struct state *state, grasp_str query, int64_t limit, size_t **out);
struct evo_rule *rule_with_key(const struct state *state, grasp_str key);
/* Adds a rule with the reflection's tags, or takes over the tags into the one that says the same;
 * true if it was new. */
bool rule_merge(struct study *study, grasp_str text);
/* Replaces the rules by a curated list. */
void rules_sync(struct study *study, const struct strings *texts);

/* state.c */
/* rules: semantic.json, or NULL; the episodes are looked for among the files. */
bool state_read(grasp_call *call, const grasp_file *rules, const grasp_files *files,
                struct state *out, grasp_str *out_why);
size_t state_files(struct lesson *lesson, const struct state *state, grasp_file out[2]);
/* The array of the rules, for the file or the log. */
void put_rules(struct text *out, const char *key, const struct state *state);
void episode_add(grasp_call *call, struct state *state, grasp_str json);
/* "rule_" or "epi_" and 12 hex digits, one more than any there is. next: rules that are not in the
 * state yet, or NULL. */
grasp_str state_new_id(const struct state *state, const struct state *next, const char *prefix);
size_t episodes_find(const struct state *state, grasp_str query, int64_t most, size_t **out);

/* reflect.c */
/* value: an object, or NULL for an empty one. */
void reflection_read(grasp_call *call, struct pool *pool, grasp_json_value *value,
                     struct reflection *out);
int32_t reflect(struct study *study);
/* Asks for the merged list. */
int32_t curate(struct study *study, struct strings *out);

/* update.c */
/* Instruction and context, and the answer: what rules are looked up by. */
grasp_str study_query(struct study *study, bool with_answer);
/* Credits, stores the episode and, with `merge`, adds the guidelines as rules. */
void evo_apply(struct study *study, bool merge);
int32_t evo_learn(struct lesson *lesson, void *self, const grasp_files *files);

/* method.c */
/* What is shown for a query, and the ids of it as a JSON array. */
grasp_str evo_context(const struct evo *self, const struct state *state, grasp_str query,
                      struct text *ids);

/* rehearsal.c */
const void *evo_extension(grasp_str id);

extern const grasp_method evo_memory_table;
