/* SPDX-License-Identifier: MIT */
/* Draws from a generator of the lab, as CPython's random module makes them (spec/grasp.md 20). */
#ifndef GRASP_RNG_H
#define GRASP_RNG_H

#include <grasp/method.h>

/* A number in [0, n), n >= 1, at most 2^32. */
static inline uint64_t grasp_rng_below(const grasp_lab *lab, grasp_rng *rng, uint64_t n)
{
    uint32_t bits = 0;
    uint64_t draw;
    for (uint64_t rest = n; rest; rest >>= 1)
        bits++;
    do {
        draw = bits > 32 ? lab->rng_next(rng) | (uint64_t)(lab->rng_next(rng) >> (64 - bits)) << 32
                         : lab->rng_next(rng) >> (32 - bits);
    } while (draw >= n);
    return draw;
}

/* Shuffles indices in place. */
static inline void grasp_rng_shuffle(const grasp_lab *lab, grasp_rng *rng, uint64_t *items,
                                     uint64_t count)
{
    for (uint64_t i = count; i-- > 1;) {
        uint64_t j = grasp_rng_below(lab, rng, i + 1), swap = items[i];
        items[i] = items[j];
        items[j] = swap;
    }
}

/* Draws k of n positions without replacement into out, in the order drawn; k <= n. pool: room
 * for n positions. */
static inline void grasp_rng_sample(const grasp_lab *lab, grasp_rng *rng, uint64_t n, uint64_t k,
                                    uint64_t *pool, uint64_t *out)
{
    uint64_t set_size = 21, power = 1, i, j;
    if (k > 5) {
        while (power < 3 * k)
            power *= 4;
        set_size += power;
    }
    for (i = 0; i < n; i++)
        pool[i] = n <= set_size ? i : 0;
    for (i = 0; i < k; i++) {
        if (n <= set_size) {
            j = grasp_rng_below(lab, rng, n - i);
            out[i] = pool[j];
            pool[j] = pool[n - i - 1];
        } else {
            do
                j = grasp_rng_below(lab, rng, n);
            while (pool[j]);
            pool[j] = 1;
            out[i] = j;
        }
    }
}

#endif
