/* SPDX-License-Identifier: MIT */
/*
 * Where duels get their samples from (spec/gate.md 2): what is remembered of each dev sample, the
 * order in which a candidate meets the failing ones, and when a skill is to be taken out again.
 * Pure; chance comes from the caller.
 */
#pragma once

#include "duel.h"

enum duel_last { DUEL_NEVER, DUEL_PASSED, DUEL_MISSED };

/* The latest outcome of one dev sample; zeroed before the first. */
struct duel_record {
    enum duel_last last;
    bool passed;      /* ever */
    uint32_t version; /* of the library of that outcome */
    uint32_t streak;  /* failures in a row */
    uint32_t label;   /* of the last failure; 0: not known */
};

/* What an edit is about. */
struct duel_subject {
    uint32_t label;      /* of the failures it answers to; 0: any */
    const bool *trigger; /* per sample: was it written from this one? NULL: from none */
    const bool *carried; /* per sample: hit in the update before; NULL: it is not carried */
    const bool *same;    /* per sample: the agent would read the same; NULL: none */
};

/* A number below n. */
typedef uint64_t (*duel_below_fn)(void *arg, uint64_t n);

void duel_remember(struct duel_record *record, bool solved, uint32_t version, uint32_t label);

/* Failing samples in the order of the screen, into out[count]; how many there are. order: room for
 * count positions. The carried hits first, then others before those it was written from (unless
 * there are no others of its label), those of its own label, of the present version, that failed
 * longest; equals in random order. */
size_t duel_plan_failing(const struct duel_record *records, size_t count, uint32_t version,
                         const struct duel_subject *subject, duel_below_fn below, void *arg,
                         uint32_t *order, struct duel_target *out);

/* Passing samples, those of the present version first, equals in random order. same: as above. */
size_t duel_plan_passing(const struct duel_record *records, size_t count, uint32_t version,
                         const bool *same, duel_below_fn below, void *arg, uint32_t *out);

#define DUEL_PRUNE_FROM 4   /* lost samples that make removals worth a try */
#define DUEL_PRUNE_SCREEN 8 /* of them, in the screen */

/* Samples that were solved once and fail now, in random order, into out[count]; how many. */
size_t duel_plan_lost(const struct duel_record *records, size_t count, duel_below_fn below,
                      void *arg, uint32_t *order, struct duel_target *out);
