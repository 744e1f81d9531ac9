/* SPDX-License-Identifier: MIT */
/* SkillX: a library of skills extracted from successes, the best fitting ones shown in each turn
 * (spec/baselines.md 7). */
#pragma once

#include "common/overlap.h"
#include "common/transcript.h"

#define SKILLX_OPTIONS(BOOL, REPAIR, INT, NUMBER)                                                  \
    INT(retrieval_top_k, 5, -1000, 1000, "skills that are shown")                                  \
    BOOL(filter_stage1, true, "each new skill is judged before it is taken")                       \
    BOOL(filter_stage2, false, "accepted and without effect, as in the reference")                 \
    BOOL(use_plan_extraction, true, "a plan is asked for before the skills")                       \
    BOOL(enable_llm_merge, true, "new skills of one name are merged by the writer")                \
    INT(extractor_max_retries, 2, 0, 100, "attempts per step of a plan")                           \
    INT(plan_extractor_max_retries, 1, 0, 100, "accepted and without effect, as in the reference") \
    INT(max_history_messages, 24, 0, 100000, "messages of a trajectory without actions")           \
    INT(max_message_chars, 1200, 0, 10000000, "characters of a message")                           \
    INT(max_action_chars, 600, 0, 10000000, "characters of an action")                             \
    INT(max_actions, 12, 0, 100000, "actions of a trajectory")                                     \
    INT(max_skills, 100, 1, 100000, "skills that are kept, with limit_library")                    \
    REPAIR(keep_clusters, "a merge may give a list, and one that fails leaves its skills")         \
    REPAIR(filter_word, "a skill passes if the first word of the verdict is good")                 \
    REPAIR(wrap_objects, "a single skill counts as a list of one")                                 \
    REPAIR(fold_names, "a skill replaces one whose name differs in case only")                     \
    REPAIR(limit_library, "beyond max_skills the oldest go")                                       \
    REPAIR(task_query, "what fits is looked up by the sample's instruction, if it has one")

struct skillx_options {
    OPTION_FIELDS(SKILLX_OPTIONS)
};

struct skillx {
    struct learner learner;
    struct skillx_options options;
    grasp_str plan, plan_user, extract, extract_user, filter, filter_user, merge, merge_user;
    int64_t epochs; /* learned from so far */
};

#define SKILLX_OPEN                                                                                \
    "<skillx_memory>\nSkills from earlier tasks that may fit; adapt them to the task at hand.\n\n"
#define SKILLX_CLOSE "</skillx_memory>"

struct record {
    grasp_str name, document, content;
    grasp_str tools; /* a JSON array */
    bool atomic;     /* by its metadata */
    bool skips_filter;
    struct bag words; /* of name and document, made by records_add */
    int64_t epoch;
    grasp_str created, modified;
};
struct records {
    struct record *items;
    size_t count, capacity;
};

/* trajectory.c */
struct trajectory {
    grasp_str id, task;
    grasp_str history; /* JSON array of {"role", "content"} */
    grasp_str plan;    /* its first line, until the writer has made one */
};
void trajectory_make(struct lesson *lesson, const struct rollout *rollout,
                     const struct skillx_options *options, struct trajectory *out);
bool plan_read(grasp_str reply, grasp_str *out);
struct strings plan_steps(struct pool *pool, grasp_str plan);

/* library.c */
struct library {
    struct records functional, atomic;
    grasp_str created;
};
/* A skill of a reply; false if it is none. */
bool record_read(grasp_call *call, struct pool *pool, const grasp_json_value *value,
                 struct record *out);
void records_add(struct pool *pool, struct records *list, const struct record *record);
void put_record(struct text *out, const struct record *record, bool whole);
void put_records(struct text *out, const char *key, const struct records *list); /* whole ones */
bool library_read(grasp_call *call, struct pool *pool, grasp_str text, struct library *out,
                  grasp_str *out_why);
grasp_str library_file(grasp_call *call, const struct library *library);
void library_merge(struct pool *pool, struct library *library, const struct records *records,
                   int64_t epoch, grasp_str clock, const struct skillx_options *options);
/* Positions of the functional skills for a query, of which `words` are the words. */
size_t library_find(struct pool *pool, const struct library *library, grasp_str query, int64_t most,
                    size_t **out);

/* extract.c: the stages of learning, each for all trajectories side by side. */
struct extraction {
    const struct trajectory *trajectory;
    struct strings steps;
    const grasp_json_value **results; /* per step */
    size_t step, attempt;
    struct text library; /* the skills of this trajectory, for its prompts */
    size_t library_count;
};
/* Adds what the results of a trajectory come to; the number of steps that have one. */
size_t extraction_collect(struct lesson *lesson, const struct extraction *extraction,
                          const struct skillx_options *options, struct records *out);
int32_t ask_plans(struct lesson *lesson, const struct skillx *self, struct trajectory *list,
                  size_t count);
/* out_results: steps of all plans that came to something. */
int32_t ask_skills(struct lesson *lesson, const struct skillx *self, const struct trajectory *list,
                   size_t count, struct records *out, size_t *out_results);

/* settle.c */
/* Records of one name, by their positions, in the order in which names first appear. */
struct cluster {
    size_t *members;
    size_t count, capacity;
};
size_t cluster_names(struct pool *pool, const struct records *records, struct cluster **out);
const grasp_json_value *merged_in(grasp_call *call, grasp_str reply);
int32_t ask_filter(struct lesson *lesson, const struct skillx *self, struct records *records);
/* out_merged: results of merges and single skills, kept or not. */
int32_t ask_merge(struct lesson *lesson, const struct skillx *self, struct records *records,
                  size_t *out_merged);

/* update.c */
int32_t skillx_learn(struct lesson *lesson, void *self, const grasp_files *files);

/* rehearsal.c */
const void *skillx_extension(grasp_str id);

extern const grasp_method skillx_table;
