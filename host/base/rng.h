/* SPDX-License-Identifier: MIT */
/* CPython's random.Random, bit for bit (spec/grasp.md 20): MT19937 seeded by a text or an
 * integer, and the draws that sample orders and probes are made of. */
#pragma once

#include "base/str.h"

struct rng {
    uint32_t state[624];
    uint32_t index;
};

void rng_seed_text(struct rng *rng, struct str seed);
void rng_seed_int(struct rng *rng, int64_t seed);
uint32_t rng_next(struct rng *rng);
uint64_t rng_bits(struct rng *rng, unsigned k);  /* k in 1..64 */
uint64_t rng_below(struct rng *rng, uint64_t n); /* n >= 1 */
double rng_random(struct rng *rng);              /* [0, 1) with 53 bits */
void rng_shuffle(struct rng *rng, size_t *items, size_t count);
void rng_sample(struct rng *rng, size_t n, size_t k, size_t *out); /* k <= n positions of n */
