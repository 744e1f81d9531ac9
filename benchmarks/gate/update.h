/* SPDX-License-Identifier: MIT */
/* One simulated update: a pool is observed once, a probe drawn from what that showed, and
 * candidates with known effects meet a gate. */
#pragma once

#include "gates.h"

struct update_shape {
    size_t candidates;
    size_t probe_size;
    double accuracy;    /* of the library on the pool, without noise */
    size_t failing;     /* in the probe; 0: half of it */
    struct noise noise; /* of each sample */
    struct duel_options options;
};

/* Of how many candidates, and what each of them does to the samples of the probe. */
struct update_effect {
    size_t candidates, fixes, breaks;
};

struct update_result {
    bool accepted, accepted_good; /* good: one that has the effect */
    bool able;                    /* the samples were there that make the effect whole */
    int winner;                   /* -1: none */
    size_t rollouts;
};

struct update_result update_simulate(const struct update_shape *shape,
                                     const struct update_effect *effect, enum gate_kind gate,
                                     uint64_t seed);
