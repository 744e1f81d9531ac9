/* SPDX-License-Identifier: MIT */
/* ExpeL: rules with counters, edited after each epoch from pairs of a failure and the success most
 * like it (spec/baselines.md 5). */
#pragma once

#include "common/lesson.h"

#define EXPEL_OPTIONS(BOOL, REPAIR, INT, NUMBER)                                                   \
    INT(max_num_rules, 20, 1, 10000, "rules that are kept")                                        \
    BOOL(use_exemplars, false, "accepted and without effect, as in the reference")                 \
    REPAIR(numbered_operations, "AGREE, EDIT and REMOVE mean the rule of their number")            \
    REPAIR(strict_lines, "an operation ends with its line, and may be in bold")                    \
    REPAIR(recent_failures, "failures are compared in the epoch they come from, and the latest "   \
                            "successes are read; else all failures again, and the first ten")      \
    REPAIR(skip_unavailable, "samples that could not be run are no failures")                      \
    REPAIR(dedup_rules, "a rule that is new twice is added once")

struct expel_options {
    OPTION_FIELDS(EXPEL_OPTIONS)
};

struct expel {
    struct learner learner;
    struct expel_options options;
    grasp_str contrast_system, contrast, success_system, success, grammar;
};

#define EXPEL_INTRO                                                                                \
    "Insights from earlier tasks of this kind, the most important first; use them as a reference:"
#define EXPEL_NO_RULES "(no rules yet)"

/* rules.c */
struct rule {
    grasp_str text;
    int64_t counter;
};
struct rules {
    struct rule *items;
    size_t count, capacity;
};
enum operation_kind { OPERATION_REMOVE, OPERATION_AGREE, OPERATION_EDIT, OPERATION_ADD };
struct operation {
    enum operation_kind kind;
    int64_t number; /* -1: none was given; always for ADD */
    grasp_str text;
};
struct operations {
    struct operation *items;
    size_t count, capacity;
};

/* Adds the operations of a reply. */
void operations_read(struct pool *pool, grasp_str reply, const struct expel_options *options,
                     struct operations *out);
/* The rule whose number occurs first in the text, as the reference looks it up; -1 if none. */
int64_t rule_named(size_t count, grasp_str text);
void rules_apply(struct pool *pool, struct rules *rules, const struct operations *operations,
                 bool full, const struct expel_options *options);
void rules_list(struct text *out, const struct rules *rules); /* "1. text" lines */
bool rules_read(grasp_call *call, struct pool *pool, grasp_str text, struct rules *out,
                grasp_str *out_why);
grasp_str rules_file(grasp_call *call, const struct rules *rules);

/* store.c */
struct experience {
    grasp_str id, instruction, history;
    grasp_str tags; /* not stored */
    bool fresh;     /* of this epoch */
};
struct experiences {
    struct experience *items;
    size_t count, capacity;
};
struct store {
    struct experiences successes, failures;
};
struct pair {
    const struct experience *success, *failure;
};

void store_read(grasp_call *call, struct pool *pool, grasp_str text, struct store *out);
void store_add(struct pool *pool, struct store *store, bool success,
               const struct experience *experience);
/* Adds the rollouts of an epoch. */
void store_rollouts(struct lesson *lesson, struct store *store,
                    const struct expel_options *options);
grasp_str store_file(grasp_call *call, const struct store *store);
/* Failures in their order, each with the success most like it. fresh: only those of this epoch. */
size_t store_pairs(struct pool *pool, const struct store *store, bool fresh, struct pair **out);

/* update.c */
int32_t expel_learn(struct lesson *lesson, void *self, const grasp_files *files);

/* rehearsal.c */
const void *expel_extension(grasp_str id);

extern const grasp_method expel_table;
