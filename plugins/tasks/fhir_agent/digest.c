/* SPDX-License-Identifier: MIT */
#include "digest.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The last blocks of a text: what is left of it, a one bit, zeros, and its length in bits. Returns
 * how many bytes that are. */
static size_t pad(grasp_str data, bool big_endian, uint8_t tail[128])
{
    size_t rest = data.len % 64, size = rest < 56 ? 64 : 128;
    uint64_t bits = data.len * 8;
    memset(tail, 0, 128);
    if (rest)
        memcpy(tail, data.ptr + data.len - rest, rest);
    tail[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        tail[size - 8 + i] = (uint8_t)(bits >> 8 * (big_endian ? 7 - i : i));
    return size;
}

typedef void digest_block(uint32_t *state, const uint8_t *block);

static void run(grasp_str data, bool big_endian, uint32_t *state, digest_block *block)
{
    uint8_t tail[128];
    size_t size = pad(data, big_endian, tail);
    for (size_t at = 0; at + 64 <= data.len; at += 64)
        block(state, (const uint8_t *)data.ptr + at);
    for (size_t at = 0; at < size; at += 64)
        block(state, tail + at);
}

static void put_hex(const uint32_t *state, size_t words, bool big_endian, char *out)
{
    for (size_t i = 0; i < 4 * words; i++) {
        uint32_t shift = 8 * (uint32_t)(big_endian ? 3 - i % 4 : i % 4);
        snprintf(out + 2 * i, 3, "%02x", state[i / 4] >> shift & 0xff);
    }
}

static uint32_t left(uint32_t x, uint32_t n)
{
    return x << n | x >> (32 - n);
}

static uint32_t right(uint32_t x, uint32_t n)
{
    return x >> n | x << (32 - n);
}

static void md5_block(uint32_t *state, const uint8_t *block)
{
    static const uint32_t turns[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    static const uint32_t factor[4] = {1, 5, 3, 7}, offset[4] = {0, 1, 5, 0};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (uint32_t i = 0; i < 64; i++) {
        const uint32_t round = i / 16, from = 4 * ((factor[round] * i + offset[round]) % 16);
        const uint32_t mix[4] = {(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)};
        uint32_t word = (uint32_t)block[from] | (uint32_t)block[from + 1] << 8 |
                        (uint32_t)block[from + 2] << 16 | (uint32_t)block[from + 3] << 24;
        uint32_t sine = (uint32_t)(int64_t)floor(fabs(sin(i + 1.0)) * 4294967296.0);
        uint32_t sum = a + mix[round] + word + sine;
        a = d;
        d = c;
        c = b;
        b += left(sum, turns[round][i % 4]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void digest_md5(grasp_str data, char out[MD5_HEX])
{
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    run(data, false, state, md5_block);
    put_hex(state, 4, false, out);
}

/* The first 64 primes: their roots' fractions are the constants of SHA-256. */
static const uint32_t primes[64] = {2,   3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,
                                    43,  47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101,
                                    103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
                                    173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239,
                                    241, 251, 257, 263, 269, 271, 277, 281, 283, 293, 307, 311};

static uint32_t fraction(double root)
{
    return (uint32_t)(int64_t)((root - floor(root)) * 4294967296.0);
}

static void schedule(const uint8_t *block, uint32_t w[64])
{
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | (uint32_t)block[4 * i + 3];
    for (size_t i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (right(x, 7) ^ right(x, 18) ^ x >> 3) + w[i - 7] +
               (right(y, 17) ^ right(y, 19) ^ y >> 10);
    }
}

static void sha256_block(uint32_t *state, const uint8_t *block)
{
    uint32_t w[64], s[8];
    schedule(block, w);
    memcpy(s, state, sizeof(s));
    for (size_t i = 0; i < 64; i++) {
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t major = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t one = s[7] + (right(s[4], 6) ^ right(s[4], 11) ^ right(s[4], 25)) + choice +
                       fraction(cbrt(primes[i])) + w[i];
        uint32_t two = (right(s[0], 2) ^ right(s[0], 13) ^ right(s[0], 22)) + major;
        memmove(s + 1, s, 7 * sizeof(*s));
        s[4] += one;
        s[0] = one + two;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += s[i];
}

void digest_sha256(grasp_str data, char out[SHA256_HEX])
{
    uint32_t state[8];
    for (size_t i = 0; i < 8; i++)
        state[i] = fraction(sqrt(primes[i]));
    run(data, true, state, sha256_block);
    put_hex(state, 8, true, out);
}
