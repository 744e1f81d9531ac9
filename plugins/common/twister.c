/* SPDX-License-Identifier: MIT */
#include "common/twister.h"

#define SIZE 624
#define SHIFT 397

static void fill(struct twister *twister, uint32_t seed)
{
    twister->state[0] = seed;
    for (uint32_t i = 1; i < SIZE; i++)
        twister->state[i] = 1812433253u * (twister->state[i - 1] ^ twister->state[i - 1] >> 30) + i;
}

/* The position after this one, which ends in the first word what it began in the last. */
static uint32_t step(struct twister *twister, uint32_t at)
{
    if (++at < SIZE)
        return at;
    twister->state[0] = twister->state[SIZE - 1];
    return 1;
}

void twister_seed(struct twister *twister, uint64_t seed)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, *words = twister->state;
    uint32_t len = key[1] ? 2 : 1, at = 1;
    fill(twister, 19650218u);
    for (uint32_t k = 0; k < SIZE; k++) {
        uint32_t mixed = (words[at - 1] ^ words[at - 1] >> 30) * 1664525u;
        words[at] = (words[at] ^ mixed) + key[k % len] + k % len;
        at = step(twister, at);
    }
    for (uint32_t k = 1; k < SIZE; k++) {
        uint32_t mixed = (words[at - 1] ^ words[at - 1] >> 30) * 1566083941u;
        words[at] = (words[at] ^ mixed) - at;
        at = step(twister, at);
    }
    words[0] = 0x80000000u;
    twister->at = SIZE;
}

static void turn(struct twister *twister)
{
    uint32_t *words = twister->state;
    for (size_t i = 0; i < SIZE; i++) {
        uint32_t y = (words[i] & 0x80000000u) | (words[(i + 1) % SIZE] & 0x7fffffffu);
        words[i] = words[(i + SHIFT) % SIZE] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    twister->at = 0;
}

uint32_t twister_next(struct twister *twister)
{
    if (twister->at >= SIZE)
        turn(twister);
    uint32_t y = twister->state[twister->at++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

uint64_t twister_below(struct twister *twister, uint64_t n)
{
    unsigned bits = 0;
    uint64_t draw;
    for (uint64_t rest = n; rest; rest >>= 1)
        bits++;
    do {
        draw = twister_next(twister);
        if (bits <= 32)
            draw >>= 32 - bits;
        else
            draw |= (uint64_t)(twister_next(twister) >> (64 - bits)) << 32;
    } while (draw >= n);
    return draw;
}

void twister_shuffle(struct twister *twister, uint32_t *items, size_t count)
{
    for (size_t i = count; i-- > 1;) {
        size_t j = (size_t)twister_below(twister, i + 1);
        uint32_t swap = items[i];
        items[i] = items[j];
        items[j] = swap;
    }
}
