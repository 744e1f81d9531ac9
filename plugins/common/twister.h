/* SPDX-License-Identifier: MIT */
/* CPython's random.Random, seeded with an integer (spec/agentbench_web_alf.md 2.5). */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct twister {
    uint32_t state[624];
    uint32_t at;
};

void twister_seed(struct twister *t, uint64_t seed);
uint32_t twister_next(struct twister *t);
uint64_t twister_below(struct twister *t, uint64_t n); /* n >= 1 */
double twister_random(struct twister *t);              /* [0, 1) */
double twister_uniform(struct twister *t, double low, double high);
void twister_shuffle(struct twister *t, uint32_t *items, size_t count);
/* k positions of n, k <= n; pool: room for n numbers. */
void twister_sample(struct twister *t, uint32_t n, uint32_t k, uint32_t *pool, uint32_t *out);
