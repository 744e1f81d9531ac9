/* SPDX-License-Identifier: MIT */
#include "common/twister.h"

#define COUNT 624
#define SHIFT 397

static void fill(struct twister *t, uint32_t seed)
{
    t->state[0] = seed;
    for (uint32_t i = 1; i < COUNT; i++)
        t->state[i] = 1812433253u * (t->state[i - 1] ^ (t->state[i - 1] >> 30)) + i;
}

static uint32_t mixed(const uint32_t *s, uint32_t i, uint32_t factor)
{
    return s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * factor);
}

static uint32_t advance(uint32_t *s, uint32_t i)
{
    if (++i < COUNT)
        return i;
    s[0] = s[COUNT - 1];
    return 1;
}

void twister_seed(struct twister *t, uint64_t seed)
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t len = key[1] ? 2 : 1, i = 1, j = 0;
    fill(t, 19650218u);
    for (int k = 0; k < COUNT; k++) {
        t->state[i] = mixed(t->state, i, 1664525u) + key[j] + j;
        i = advance(t->state, i);
        j = j + 1 < len ? j + 1 : 0;
    }
    for (int k = 0; k < COUNT - 1; k++) {
        t->state[i] = mixed(t->state, i, 1566083941u) - i;
        i = advance(t->state, i);
    }
    t->state[0] = 0x80000000u;
    t->at = COUNT;
}

static void turn(struct twister *t)
{
    uint32_t *s = t->state;
    for (int i = 0; i < COUNT; i++) {
        uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % COUNT] & 0x7fffffffu);
        s[i] = s[(i + SHIFT) % COUNT] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    t->at = 0;
}

uint32_t twister_next(struct twister *t)
{
    if (t->at >= COUNT)
        turn(t);
    uint32_t y = t->state[t->at++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

static uint64_t bits(struct twister *t, unsigned k)
{
    if (k <= 32)
        return twister_next(t) >> (32 - k);
    uint64_t low = twister_next(t);
    return low | (uint64_t)(twister_next(t) >> (64 - k)) << 32;
}

uint64_t twister_below(struct twister *t, uint64_t n)
{
    unsigned k = 0;
    for (uint64_t rest = n; rest; rest >>= 1)
        k++;
    for (;;) {
        uint64_t draw = bits(t, k);
        if (draw < n)
            return draw;
    }
}

double twister_random(struct twister *t)
{
    uint32_t a = twister_next(t) >> 5, b = twister_next(t) >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

double twister_uniform(struct twister *t, double low, double high)
{
    return low + (high - low) * twister_random(t);
}

void twister_shuffle(struct twister *t, uint32_t *items, size_t count)
{
    for (size_t i = count; i-- > 1;) {
        size_t j = (size_t)twister_below(t, i + 1);
        uint32_t swap = items[i];
        items[i] = items[j];
        items[j] = swap;
    }
}

static uint32_t pool_limit(uint32_t k)
{
    uint32_t power = 1;
    if (k <= 5)
        return 21;
    while (power < 3 * k)
        power *= 4;
    return 21 + power;
}

void twister_sample(struct twister *t, uint32_t n, uint32_t k, uint32_t *pool, uint32_t *out)
{
    uint32_t small = n <= pool_limit(k);
    for (uint32_t i = 0; i < n; i++)
        pool[i] = small ? i : 0;
    for (uint32_t i = 0; i < k; i++) {
        uint32_t j = (uint32_t)twister_below(t, small ? n - i : n);
        if (small) {
            out[i] = pool[j];
            pool[j] = pool[n - i - 1];
            continue;
        }
        while (pool[j])
            j = (uint32_t)twister_below(t, n);
        pool[j] = 1;
        out[i] = j;
    }
}
