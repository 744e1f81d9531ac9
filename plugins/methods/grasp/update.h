/* SPDX-License-Identifier: MIT */
/*
 * One update of the library (spec/grasp.md 9): what its steps work on, and the steps. Texts and
 * arrays live in the pool of the update; JSON values until the call returns.
 */
#pragma once

#include "bout.h"
#include "gate.h"
#include "knowledge.h"
#include "library.h"
#include "method.h"
#include "proposal.h"

/* A rollout of the batch. */
struct entry {
    grasp_str id;
    size_t sample; /* position in dev, or DEV_NONE */
    bool available, correct;
    int before; /* the outcome in the epoch before: 1, 0, or -1 */
    grasp_str instruction, type, status, error;
    grasp_str reported, expected; /* answers, for the writer */
    grasp_str *tags;
    size_t tag_count;
    grasp_str label, diagnosis; /* empty if there is none */
    bool ignored;               /* a failure that is not learned from */
    const grasp_json_value *actions, *history, *used;
};

/* Failures of one kind, and what passed. */
struct group {
    grasp_str label; /* empty: not known */
    const struct entry **entries;
    size_t count, failing;
};

struct probe {
    size_t *samples; /* positions in dev: the failing half, then the passing half */
    size_t count;
    bool *was_failing; /* per dev sample */
    grasp_str *causes; /* per sample of the probe: the label of its failure, or empty */
};

/* What a library does on the probe; arrays in its order. */
struct probe_run {
    struct gate_outcome *outcomes;
    const grasp_json_value **rollouts; /* NULL where none was run */
    bool *done;                        /* run, or taken over */
    bool *asked;                       /* by the ticket */
    uint64_t ticket;
    bool open; /* the ticket is to be waited for */
};

/* An edit that is tried, or applied untried. */
struct candidate {
    struct edit edit;
    struct library library;
    struct probe_run run; /* outcomes are NULL if it was never put on the probe */
    struct gate_score score;
    bool stopped; /* the rest of the probe could not change the decision */
    bool untried; /* it was not needed, or the probe could not tell whether it helps */
    bool *own;    /* per sample of the probe: is it run first? */
    size_t own_count;
    size_t reused;           /* outcomes taken over from the baseline */
    const struct bout *bout; /* the duels that it was in; NULL: none */
    size_t number;           /* in them */
    size_t same;             /* dev samples on which it shows the agent nothing new */
    bool revision;
    bool accepted;
};

struct update {
    grasp_call *call;
    const grasp_lab *lab;
    const grasp_json *json;
    struct method *self;
    struct pool *pool;

    int64_t epoch, cycle;
    struct library library;
    struct skill *skills; /* of the library */
    size_t skill_count;

    struct entry *entries;
    size_t count, correct;

    struct text raw_proposals; /* elements of a JSON array, as the writer made them */
    struct group *groups;      /* of failures, that are proposed for; NULL until they are known */
    size_t group_count;
    bool labels_declared; /* all labels of failures are tags that the task declares */
    bool labels_given;    /* the writer named labels, if only for other samples */
    struct label *new_labels;
    size_t new_label_count, new_label_capacity;
    struct probe probe;
    struct probe_run baseline;
    bool *was_failing; /* in the order of the probe */
    struct candidate *candidates;
    size_t candidate_count, candidate_capacity;
    const char *reason; /* why nothing was applied */
    bool recovery;
    struct bout **bouts; /* duels that were held */
    size_t bout_count, bout_capacity;
    bool pruning;
};

/* entry.c */
int32_t entries_read(struct update *u, const grasp_json_value *rollouts);
bool entry_read(struct update *u, const grasp_json_value *rollout, struct entry *out);
size_t entries_failing(const struct update *u); /* those that are learned from */
void entries_remember(struct update *u);
bool entry_failed(const struct entry *entry); /* wrong, and learned from */

/* trace.c: an entry in the writer's log. action_limit: characters of each action, 0 for all. */
struct trace_style {
    size_t action_limit;
    size_t total_limit; /* bytes of a log, 0 for any; what is over is left out, and said so */
};
struct trace_style trace_style(const struct update *u);
void trace_entry(struct text *out, const struct update *u, const struct entry *entry,
                 const struct trace_style *style);
void trace_log(struct text *out, const struct update *u, const struct entry *const *entries,
               size_t count, const struct trace_style *style);
void trace_rollout(struct text *out, const struct update *u, const grasp_json_value *rollout,
                   const struct trace_style *style);
void trace_actions(struct text *out, const struct update *u, const grasp_json_value *actions,
                   const char *separator, size_t limit);

/* writer.c: replies in the order of the prompts; empty for a call that failed. form: what they
 * are asked to look like, where the model's endpoint can see to it. */
enum writer_form {
    WRITER_LABELS,
    WRITER_DIAGNOSES,
    WRITER_EDITS,
    WRITER_DIAGNOSED_EDITS,
    WRITER_SELECT
};
int32_t writer_ask(struct update *u, const grasp_str *prompts, size_t count, enum writer_form form,
                   grasp_str *out);

/* Steps that ask the writer. What it answers badly is dropped; only a stop is an error. */
int32_t classify_failures(struct update *u);
int32_t diagnose_failures(struct update *u);
int32_t propose_edits(struct update *u, struct edit **out, size_t *out_count);
int32_t revise_edit(struct update *u, const struct candidate *candidate, struct edit *out,
                    bool *out_found);

/* group.c: sets u->groups. */
void group_failures(struct update *u);
grasp_str group_label(const struct entry *entry); /* of the group that a failure belongs to */

/* probe.c */
/* Draws u->probe with the generator of that label; samples stay empty if there are none. */
int32_t probe_draw(struct update *u, grasp_str label);
void probe_open(struct update *u, struct probe_run *run);
/* Runs the samples that are `wanted` (NULL: all) and not done yet; wait gives their outcomes. */
int32_t probe_start(struct update *u, const struct library *library, const bool *wanted,
                    struct probe_run *run);
int32_t probe_wait(struct update *u, struct probe_run *run);

/* stats.c: what is known of each skill's effect. */
struct effect {
    int64_t fixes, regressions, runs;
};
struct effect stats_effect(const struct update *u, grasp_str skill);

/* event.c: the record of the update. */
int32_t event_note(struct update *u);
int32_t event_taxonomy(struct update *u);

/* evaluate.c: runs edits on the probe and applies the best, if the gate lets it pass. */
int32_t evaluate_baseline(struct update *u);
int32_t evaluate_edits(struct update *u, const struct edit *edits, size_t count);
int32_t evaluate_recovery(struct update *u, const struct edit *edit);
void update_apply(struct update *u, struct candidate *winner);
/* Tells the host that this candidate, as it scores now, is probably applied. */
int32_t update_expect(struct update *u, const struct candidate *winner);
struct candidate *candidate_add(struct update *u, const struct edit *edit);

/* race.c: runs edits on as little of the probe as decides about them. */
bool race_possible(const struct update *u);
/* Drops groups of which the probe has no failure, unless that is all of them and their labels are
 * the writer's: its words for one thing may differ, those of a task do not. */
void race_choose_groups(struct update *u);
/* Begins what the edits will be compared with first. */
int32_t race_start_baseline(struct update *u);
/* The edits are candidates already. *out_winner: GATE_NONE if none passes the gate. */
int32_t race_candidates(struct update *u, size_t *out_winner);
/* One more candidate, after the others; u->candidates has its score afterwards. */
int32_t race_revision(struct update *u, struct candidate *revision);

/* similar.c: takes over from the baseline what the candidate would only repeat, because the agent
 * would read the same guidance in every turn. */
bool similar_possible(const struct update *u);
int32_t similar_take_over(struct update *u, struct candidate *candidate);

/* Would both show the same before each of the agent's turns of this conversation? */
bool similar_guidance(struct update *u, const struct knowledge *a, const struct knowledge *b,
                      const grasp_json_value *history);

/* bout.c, duels.c: the gate by duels (duel.h). */
bool duels_possible(const struct update *u);
void duels_remember(struct update *u);        /* the outcomes of the batch, once they have labels */
size_t duels_carried(const struct update *u); /* edits that are tried again: 0 or 1 */
int32_t duels_decide(struct update *u, const struct edit *edits, size_t count);
/* At the end of an epoch: takes out one skill that does harm, if there is one. */
int32_t duels_prune(struct update *u);

/* duel_story.c: what came of a candidate, for people and for the record. */
grasp_str duel_verdict(const struct update *u, const struct candidate *candidate);
void duel_write_candidate(struct text *out, const struct update *u,
                          const struct candidate *candidate);
void duel_write_bouts(struct text *out, const struct update *u);

/* select.c: edits that are applied without a probe. */
bool select_fits(const struct update *u, const struct edit *edit); /* the library as it is now */
int32_t select_all(struct update *u, const struct edit *edits, size_t count);
int32_t select_blindly(struct update *u, const struct edit *edits, size_t count);

/* update.c */
void update_open(struct update *u, struct library library);
int32_t update_run(struct update *u);
bool update_changed(const struct update *u);

/* collapse.c */
int32_t collapse_recover(struct update *u);
