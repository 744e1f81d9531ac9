/* SPDX-License-Identifier: MIT */
/*
 * The gate: outcomes of a probe in, a verdict out (spec/grasp.md 9.2 to 9.5). Pure.
 *
 * By default candidate and baseline are compared sample by sample. A regression is a sample that
 * the baseline run solves and the candidate fails; a fix is one that failed in the log, fails in
 * the baseline run and is solved by the candidate, so that a baseline run with bad luck makes no
 * fixes. A sample that was not available to either side says nothing. The reference compares
 * counts against what the log said before the probe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_NONE SIZE_MAX

struct gate_rules {
    bool paired;             /* sample by sample, not by counts */
    bool errors_unavailable; /* an error says nothing; else it is a wrong answer, as the log has it
                              */
    bool regression_gate;    /* an edit may break no more than the baseline did */
    bool fixes_only;         /* the score is of fixes alone */
    bool revise_near_misses; /* one regression too many is worth a revision */
    int64_t invalid_penalty; /* what a regression by an invalid action costs; others cost 1 */
};
extern const struct gate_rules gate_default, gate_reference;

struct gate_outcome {
    bool available;
    bool correct;
    bool error;   /* status "error" */
    bool invalid; /* status "agent invalid action" */
};

enum gate_change {
    GATE_SAME,
    GATE_FIX,
    GATE_REGRESSION,
    GATE_INVALID, /* a regression by an invalid action */
    GATE_UNKNOWN, /* not to be counted */
};

struct gate_score {
    int64_t fixes, regressions, invalid;
    int64_t baseline_fixes, baseline_regressions; /* against the log */
    int64_t compared;                             /* samples that counted */
    int64_t raw;                                  /* without the baseline taken off */
    int64_t net;
    bool harmless; /* breaks no more than it may */
};

enum gate_change gate_compare(const struct gate_rules *rules, bool was_failing,
                              struct gate_outcome baseline, struct gate_outcome candidate);

/* was_failing, baseline and candidate have `count` elements. */
struct gate_score gate_judge(const struct gate_rules *rules, const bool *was_failing,
                             const struct gate_outcome *baseline,
                             const struct gate_outcome *candidate, size_t count);

/* The best one that may be applied, the earlier of equals; GATE_NONE if there is none. */
size_t gate_pick(const struct gate_score *scores, size_t count);
/* The one that is worth a revision, given the winner (or GATE_NONE). */
size_t gate_pick_revision(const struct gate_rules *rules, const struct gate_score *scores,
                          size_t count, size_t winner);
/* Does a revision replace the winner (NULL: there is none)? */
bool gate_accepts_revision(const struct gate_score *revision, const struct gate_score *winner);

/* Can a candidate of which only some samples were run still be applied or revised? run: which
 * were, of `count`. Exact: what it calls hopeless, the whole probe would refuse too. */
bool gate_hopeless(const struct gate_rules *rules, const bool *was_failing,
                   const struct gate_outcome *baseline, const struct gate_outcome *candidate,
                   const bool *run, size_t count);
