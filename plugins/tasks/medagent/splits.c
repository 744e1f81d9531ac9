/* SPDX-License-Identifier: MIT */
#include "splits.h"

#include <string.h>

#define PER_TYPE 30
#define DEV_PER_TYPE 12
#define VAL_PER_TYPE 10
#define SEED 42

/* MT19937, as CPython's random seeds it with a small integer. */
#define STATE 624
#define SHIFT 397

struct twister {
    uint32_t state[STATE];
    int at;
};

static void fill(struct twister *t, uint32_t seed)
{
    t->state[0] = seed;
    for (uint32_t i = 1; i < STATE; i++)
        t->state[i] = 1812433253u * (t->state[i - 1] ^ (t->state[i - 1] >> 30)) + i;
}

static void start(struct twister *t, uint32_t key)
{
    uint32_t *s = t->state;
    uint32_t i = 1;
    fill(t, 19650218);
    for (int k = 0; k < STATE; k++) {
        s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1664525u)) + key;
        if (++i == STATE) {
            s[0] = s[STATE - 1];
            i = 1;
        }
    }
    for (int k = 0; k < STATE - 1; k++) {
        s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1566083941u)) - i;
        if (++i == STATE) {
            s[0] = s[STATE - 1];
            i = 1;
        }
    }
    s[0] = 0x80000000u;
    t->at = STATE;
}

static void turn(struct twister *t)
{
    for (int i = 0; i < STATE; i++) {
        uint32_t y = (t->state[i] & 0x80000000u) | (t->state[(i + 1) % STATE] & 0x7fffffffu);
        t->state[i] = t->state[(i + SHIFT) % STATE] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    t->at = 0;
}

static uint32_t draw(struct twister *t)
{
    if (t->at == STATE)
        turn(t);
    uint32_t y = t->state[t->at++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

static uint32_t below(struct twister *t, uint32_t n)
{
    uint32_t value, bits = 32 - (uint32_t)__builtin_clz(n);
    do
        value = draw(t) >> (32 - bits);
    while (value >= n);
    return value;
}

static void shuffle(struct twister *t, uint32_t *items, uint32_t count)
{
    for (uint32_t i = count; i-- > 1;) {
        uint32_t k = below(t, i + 1), swap = items[i];
        items[i] = items[k];
        items[k] = swap;
    }
}

bool split_is_other(enum version version, int type)
{
    return type == 7 || type == (version == MEDAGENT_V1 ? 6 : 5);
}

void split_draw(enum version version, struct split_places *out)
{
    /* The order of the types' names as texts. */
    static const int order[TYPE_COUNT] = {1, 10, 2, 3, 4, 5, 6, 7, 8, 9};
    static const uint32_t rest = PER_TYPE - DEV_PER_TYPE - VAL_PER_TYPE;
    struct twister twister;
    uint32_t turn_number = 0, other = 0, places[PER_TYPE];
    start(&twister, SEED);
    for (int i = 0; i < TYPE_COUNT; i++) {
        for (uint32_t n = 0; n < PER_TYPE; n++)
            places[n] = (uint32_t)(order[i] - 1) * PER_TYPE + n;
        if (split_is_other(version, order[i])) {
            memcpy(out->test + other, places, sizeof(places));
            other += PER_TYPE;
            continue;
        }
        shuffle(&twister, places, PER_TYPE);
        memcpy(out->dev + turn_number * DEV_PER_TYPE, places, DEV_PER_TYPE * sizeof(*places));
        memcpy(out->val + turn_number * VAL_PER_TYPE, places + DEV_PER_TYPE,
               VAL_PER_TYPE * sizeof(*places));
        memcpy(out->id_test + turn_number * rest, places + DEV_PER_TYPE + VAL_PER_TYPE,
               rest * sizeof(*places));
        turn_number++;
    }
}
