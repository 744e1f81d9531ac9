/* SPDX-License-Identifier: MIT */
/*
 * The loop that every pairing of a task and a method goes through:
 *
 *   baseline val -> per epoch: shuffle dev -> per unit: rollouts -> grade -> learn -> val ->
 *   best checkpoint -> tests
 *
 * What does not depend on each other runs side by side, unless `overlap` is off: the baseline
 * beside the first epoch, the validation of an epoch beside the next, the tests of the best
 * checkpoint beside the last unit. All of it is a function of config, seed and replies; the
 * engine's journal makes it resumable.
 */
#pragma once

#include "run/config.h"
#include "run/engine.h"
#include "run/record.h"
#include "run/report.h"

#define HARNESS_TESTS 2 /* test splits: out of distribution, in distribution */

struct harness {
    /* given by the caller */
    const struct run_config *config;
    struct engine *engine;
    struct task *task;
    struct method *method;
    struct report *report;
    const char *dir;       /* the run directory */
    struct files *initial; /* taken over: the knowledge to begin with */

    /* found while running */
    struct samples dev, val;
    struct knowledge *first, *present, *best;
    bool has_best;
    double best_score;
    int64_t best_epoch; /* -1: the initial knowledge */
    struct json *curve; /* val_scores.json */
    struct json *tests; /* test_scores.json */
    size_t missing;     /* samples that could not be run, over all phases */

    /* under way */
    struct validation {
        struct evaluation *run; /* NULL: none */
        struct knowledge *knowledge;
        int64_t epoch;    /* -1: the baseline */
        struct score dev; /* of the epoch */
    } validation, next;   /* next: goes ahead; epoch and dev are not set */
    struct samples test_samples[HARNESS_TESTS];
    struct evaluation *test_runs[HARNESS_TESTS][2]; /* of the initial knowledge, of the best */
    struct knowledge *tested; /* what was the best when its tests began; NULL: they have not */
    struct ahead {            /* ahead.h */
        struct wave *unit;    /* NULL: none */
        struct knowledge *knowledge;
        int64_t epoch;
        size_t cycle;
        struct wave **aside;
        size_t aside_count, aside_capacity;
    } ahead;
};

/* Reads the splits and the initial knowledge; before anything is written. */
int harness_prepare(struct harness *harness, struct err *err);
/* 0, or why the run ended; what was done is in the run directory either way. */
int harness_run(struct harness *harness, struct err *err);
void harness_clear(struct harness *harness);

/* Runs a split once with the given knowledge (NULL: the plain agent) and counts. The file gets one
 * line per sample from `write`, and appears when all are there. */
int harness_evaluate(struct harness *harness, const struct samples *samples, enum phase phase,
                     const char *place, struct knowledge *knowledge, const char *file,
                     void (*write)(struct buf *out, const struct rollout *rollout),
                     struct score *out, struct err *err);
