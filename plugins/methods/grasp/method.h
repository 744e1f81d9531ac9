/* SPDX-License-Identifier: MIT */
/* An open instance of the method, and the functions of its table. */
#pragma once

#include <grasp/grasp.h>

#include "bout.h"
#include "common/embedded.h"
#include "common/skill.h"
#include "gate.h"
#include "past.h"

struct options {
    int64_t max_proposals, max_learned_skills;
    int64_t candidates;   /* grpo_k */
    int64_t probe_size;   /* grpo_eval_n */
    bool has_temperature; /* of the writer */
    double temperature;
    bool reference; /* compat: reference; also what the switches below begin from */

    enum gate_kind { GATE_BY_DUELS, GATE_BY_PAIRS, GATE_BY_COUNTS } gate_kind;
    struct duel_options duel;
    bool label_order; /* failures of an edit's own kind first */
    bool carry_over;  /* undecided edits are tried again in the next update */
    bool prune;       /* skills that do harm are taken out at the end of an epoch */

    /* Repairs of the reference. */
    struct gate_rules gate;
    bool show_bodies;           /* the writer sees the text of the skills it may change */
    bool show_refusals;         /* and what was refused before */
    bool pair_edits;            /* REMOVE and ADD of one reply are one edit */
    bool fill_probe;            /* a half gets what the other cannot use, and no more than that */
    bool skip_without_failures; /* nothing is asked and run when nothing failed */
    bool stop_early;            /* a probe that cannot change the decision is not finished */
    bool reuse_rollouts;        /* guidance that is the same is not run twice */
    bool labels_from_tags;      /* tags that the task declares as labels are the labels */
    bool own_failures_first;    /* an edit must first help where it is meant to */
    bool diagnose_with_edits;   /* in one reply, not in a call of its own before */

    /* Ablations. */
    bool no_gate;
    bool append_only;
    bool cluster_failures;
    enum blind { BLIND_NO, BLIND_PROPOSER, BLIND_RANDOM } blind;

    int32_t placement;
    bool select_all;
    grasp_str *non_learnable; /* parts of labels */
    size_t non_learnable_count;
    grasp_str base_dir, prompts_dir;
};

/* The texts of prompts/. */
struct prompts {
    grasp_str classify, diagnose, propose, revise, select;
    grasp_str skeleton; /* the template that skills follow, a skill file */
    grasp_str intro;    /* stands before the skills in the conversation */
    grasp_str skill;    /* one skill in the conversation */
    grasp_str labels;   /* examples of labels, when the task has none */
};

/* What the task says about itself, for the prompts. */
struct task_hints {
    grasp_str family;
    grasp_str guidance;
    grasp_str labels;   /* "- tag: description" lines */
    struct label *tags; /* the same, one by one */
    size_t tag_count;
};

struct method {
    struct pool pool;
    struct options options;
    struct prompts prompts;
    struct task_hints hints;
    struct skill *base; /* those that are shown to the agent */
    size_t base_count;
    struct skill skeleton;
    struct dev dev;
    struct past past;
    struct bout_memory duels;
};

extern const struct embedded_file grasp_prompts[];
extern const char grasp_options_schema[];
extern const grasp_method grasp_method_table;
extern const grasp_rehearsal grasp_writer_rehearsal;

/* The member as text of the instance. */
grasp_str options_text(const grasp_json *json, struct pool *pool, const grasp_json_value *config,
                       const char *key);
int32_t options_read(grasp_call *call, struct method *self, grasp_str config);
int32_t prompts_read(grasp_call *call, struct method *self);
int32_t hints_read(grasp_call *call, struct method *self, grasp_str task);
int32_t base_read(grasp_call *call, struct method *self);

int32_t grasp_method_load(grasp_call *call, void *self, const grasp_files *files,
                          void **out_knowledge);
void grasp_method_unload(grasp_call *call, void *self, void *knowledge);
int32_t grasp_method_augment(grasp_call *call, void *self, const void *knowledge,
                             const grasp_turn *turn);
int32_t grasp_method_describe(grasp_call *call, void *self, const void *knowledge);
int32_t grasp_method_learn(grasp_call *call, void *self, const grasp_lab *lab,
                           const grasp_files *files, const void *knowledge, grasp_str batch);
int32_t grasp_method_epoch_end(grasp_call *call, void *self, const grasp_lab *lab,
                               const grasp_files *files, const void *knowledge, grasp_str epoch);
