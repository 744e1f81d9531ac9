/* SPDX-License-Identifier: MIT */
/* Random numbers (SplitMix64), of which each part of a patient has its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_next(struct dice *dice)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline struct dice dice_of(uint64_t seed, uint64_t number, uint64_t part)
{
    struct dice dice = {seed * 0xd1342543de82ef95u ^ number << 24 ^ part};
    dice.state = dice_next(&dice);
    return dice;
}

/* [0, n), n >= 1 */
static inline uint32_t dice_below(struct dice *dice, uint32_t n)
{
    return (uint32_t)(((dice_next(dice) >> 32) * n) >> 32);
}

static inline int64_t dice_between(struct dice *dice, int64_t low, int64_t high)
{
    return high <= low ? low : low + (int64_t)(dice_next(dice) % (uint64_t)(high - low + 1));
}

/* True so many times in a thousand. */
static inline bool dice_in_1000(struct dice *dice, uint32_t often)
{
    return dice_below(dice, 1000) < often;
}
