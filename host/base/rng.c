/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define N 624
#define M 397

static void init_single(struct rng *rng, uint32_t seed)
{
    rng->state[0] = seed;
    for (uint32_t i = 1; i < N; i++) {
        uint32_t last = rng->state[i - 1];
        rng->state[i] = 1812433253u * (last ^ last >> 30) + i;
    }
    rng->index = N;
}

static uint32_t stir(struct rng *rng, size_t i, uint32_t factor)
{
    uint32_t last = rng->state[i - 1];
    return rng->state[i] ^ (last ^ last >> 30) * factor;
}

/* The first word repeats the last whenever the index runs over. */
static size_t advance(struct rng *rng, size_t i)
{
    if (++i < N)
        return i;
    rng->state[0] = rng->state[N - 1];
    return 1;
}

static void init_by_array(struct rng *rng, const uint32_t *key, size_t count)
{
    init_single(rng, 19650218);
    size_t i = 1, j = 0;
    for (size_t k = count > N ? count : N; k; k--) {
        rng->state[i] = stir(rng, i, 1664525) + key[j] + (uint32_t)j;
        i = advance(rng, i);
        j = j + 1 < count ? j + 1 : 0;
    }
    for (size_t k = N - 1; k; k--) {
        rng->state[i] = stir(rng, i, 1566083941) - (uint32_t)i;
        i = advance(rng, i);
    }
    rng->state[0] = 0x80000000u;
}

/* The key is the number that the text and its SHA-512 spell, big-endian, in words from the least
 * significant on; leading zeros do not count. */
void rng_seed_text(struct rng *rng, struct str seed)
{
    size_t len = seed.len + 64;
    CLEANUP_FREE uint8_t *bytes = mem_alloc(len);
    if (seed.len)
        memcpy(bytes, seed.ptr, seed.len);
    hash_sha512(seed, bytes + seed.len);
    size_t skip = 0;
    while (skip < len - 1 && bytes[skip] == 0)
        skip++;
    size_t count = (len - skip + 3) / 4;
    CLEANUP_FREE uint32_t *key = mem_array(count, sizeof(*key));
    for (size_t i = 0; i < len - skip; i++)
        key[i / 4] |= (uint32_t)bytes[len - 1 - i] << (i % 4 * 8);
    init_by_array(rng, key, count);
}

void rng_seed_int(struct rng *rng, int64_t seed)
{
    uint64_t size = seed < 0 ? 0 - (uint64_t)seed : (uint64_t)seed;
    uint32_t key[2] = {(uint32_t)size, (uint32_t)(size >> 32)};
    init_by_array(rng, key, key[1] ? 2 : 1);
}

static void refill(struct rng *rng)
{
    uint32_t *s = rng->state;
    for (size_t i = 0; i < N; i++) {
        uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % N] & 0x7fffffffu);
        s[i] = s[(i + M) % N] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    rng->index = 0;
}

uint32_t rng_next(struct rng *rng)
{
    if (rng->index >= N)
        refill(rng);
    uint32_t y = rng->state[rng->index++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

uint64_t rng_bits(struct rng *rng, unsigned k)
{
    if (k <= 32)
        return rng_next(rng) >> (32 - k);
    uint64_t low = rng_next(rng);
    return low | (uint64_t)(rng_next(rng) >> (64 - k)) << 32;
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
    unsigned k = 64 - (unsigned)__builtin_clzll(n);
    uint64_t drawn = rng_bits(rng, k);
    while (drawn >= n)
        drawn = rng_bits(rng, k);
    return drawn;
}

double rng_random(struct rng *rng)
{
    uint32_t a = rng_next(rng) >> 5, b = rng_next(rng) >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

void rng_shuffle(struct rng *rng, size_t *items, size_t count)
{
    for (size_t i = count; i-- > 1;) {
        size_t j = (size_t)rng_below(rng, i + 1);
        size_t swap = items[i];
        items[i] = items[j];
        items[j] = swap;
    }
}

/* Up to which population CPython copies it instead of remembering what was drawn. */
static size_t copy_limit(size_t k)
{
    size_t limit = 21;
    if (k > 5) {
        size_t power = 1;
        while (power < 3 * k)
            power *= 4;
        limit += power;
    }
    return limit;
}

static void sample_copy(struct rng *rng, size_t n, size_t k, size_t *out)
{
    CLEANUP_FREE size_t *pool = mem_array(n, sizeof(*pool));
    for (size_t i = 0; i < n; i++)
        pool[i] = i;
    for (size_t i = 0; i < k; i++) {
        size_t j = (size_t)rng_below(rng, n - i);
        out[i] = pool[j];
        pool[j] = pool[n - i - 1];
    }
}

static void sample_reject(struct rng *rng, size_t n, size_t k, size_t *out)
{
    CLEANUP_FREE uint8_t *drawn = mem_alloc(n / 8 + 1);
    for (size_t i = 0; i < k; i++) {
        size_t j = (size_t)rng_below(rng, n);
        while (drawn[j / 8] >> (j % 8) & 1)
            j = (size_t)rng_below(rng, n);
        drawn[j / 8] |= (uint8_t)(1u << (j % 8));
        out[i] = j;
    }
}

void rng_sample(struct rng *rng, size_t n, size_t k, size_t *out)
{
    if (n <= copy_limit(k))
        sample_copy(rng, n, k, out);
    else
        sample_reject(rng, n, k, out);
}
