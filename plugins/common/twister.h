/* SPDX-License-Identifier: MIT */
/* CPython's random.Random, bit for bit, for data that the reference drew with it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct twister {
    uint32_t state[624];
    uint32_t at;
};

void twister_seed(struct twister *twister, uint64_t seed);
uint32_t twister_next(struct twister *twister);
/* A number in [0, n), n >= 1. */
uint64_t twister_below(struct twister *twister, uint64_t n);
void twister_shuffle(struct twister *twister, uint32_t *items, size_t count);
