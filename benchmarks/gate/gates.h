/* SPDX-License-Identifier: MIT */
/* Gates over a simulated agent: the ones that grasp.so has, and others to compare them with. */
#pragma once

#include "methods/grasp/duel_plan.h"
#include "world.h"

/* A cap that no duels reach: they are as in the design, and their rollouts are counted as if made
 * one by one. */
#define GATE_UNCAPPED 10000

enum gate_kind { GATE_REFERENCE, GATE_PAIRED, GATE_RERUN, GATE_MCNEMAR, GATE_DUEL, GATE_KINDS };
extern const char *const gate_names[GATE_KINDS];

/* candidate: or WORLD_LIBRARY. draw: 0 for a plain run. */
typedef bool (*run_fn)(void *arg, int32_t candidate, uint32_t sample, uint32_t draw);

/* A probe of halves that failed and passed before. */
struct probe_setup {
    const uint32_t *failing, *passing;
    size_t failing_count, passing_count;
    size_t candidates;
    size_t probe_size;           /* of which the halves may be short */
    struct duel_options options; /* of the hit duel */
    run_fn run;
    void *arg;
};

/* The candidate that is accepted, or -1. *out_rollouts: what that took. */
int probe_gate(enum gate_kind kind, const struct probe_setup *setup, size_t *out_rollouts);

/* The machine, to its end, in memory that grows with it and is to be freed. */
struct duel *play_duel(const struct duel_setup *setup, run_fn run, void *arg, void **memory);

/* Rollouts of a duel that is over, if its safety stages had gone sample by sample: no second look
 * after a failed one, and none after the break that refuses the candidate. */
size_t rollouts_one_by_one(const struct duel *duel, const struct duel_setup *setup);
