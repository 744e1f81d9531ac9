/* SPDX-License-Identifier: MIT */
#include "uuid5.h"

#include <stdio.h>
#include <string.h>

/* uuid5(OID, "MIMIC-IV") */
static const uint8_t root[16] = {0x24, 0xba, 0x6d, 0x92, 0xae, 0x8e, 0x56, 0xf9,
                                 0x88, 0x98, 0x87, 0x3d, 0x8c, 0xba, 0x02, 0xda};

struct sha1 {
    uint32_t h[5];
    uint8_t block[64];
    uint64_t len;
};

static uint32_t turn(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

/* One step of a block, with what the phase makes of b, c and d and its constant. */
static inline void step(uint32_t v[5], uint32_t mixed, uint32_t word)
{
    uint32_t next = turn(v[0], 5) + mixed + v[4] + word;
    v[4] = v[3];
    v[3] = v[2];
    v[2] = turn(v[1], 30);
    v[1] = v[0];
    v[0] = next;
}

/* FIPS 180-4, 6.1.2 */
static void sha1_block(struct sha1 *s)
{
    uint32_t w[80], v[5];
    memcpy(v, s->h, sizeof(v));
    for (uint32_t t = 0; t < 16; t++)
        w[t] = (uint32_t)s->block[t * 4] << 24 | (uint32_t)s->block[t * 4 + 1] << 16 |
               (uint32_t)s->block[t * 4 + 2] << 8 | s->block[t * 4 + 3];
    for (uint32_t t = 16; t < 80; t++)
        w[t] = turn(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (uint32_t t = 0; t < 20; t++)
        step(v, ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5a827999u, w[t]);
    for (uint32_t t = 20; t < 40; t++)
        step(v, (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1u, w[t]);
    for (uint32_t t = 40; t < 60; t++)
        step(v, ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) + 0x8f1bbcdcu, w[t]);
    for (uint32_t t = 60; t < 80; t++)
        step(v, (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6u, w[t]);
    for (uint32_t i = 0; i < 5; i++)
        s->h[i] += v[i];
}

static void sha1_add(struct sha1 *s, const void *data, size_t len)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++) {
        s->block[s->len++ % 64] = p[i];
        if (s->len % 64 == 0)
            sha1_block(s);
    }
}

static void sha1_finish(struct sha1 *s)
{
    uint64_t bits = s->len * 8;
    uint8_t size[8];
    sha1_add(s, "\x80", 1);
    while (s->len % 64 != 56)
        sha1_add(s, "", 1);
    for (int i = 0; i < 8; i++)
        size[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha1_add(s, size, sizeof(size));
}

void mimic_uuid5(const uint8_t space[16], const char *name, uint8_t out[16])
{
    struct sha1 s = {.h = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u}};
    sha1_add(&s, space, 16);
    sha1_add(&s, name, strlen(name));
    sha1_finish(&s);
    for (int i = 0; i < 16; i++)
        out[i] = (uint8_t)(s.h[i / 4] >> (24 - 8 * (i % 4)));
    out[6] = (uint8_t)((out[6] & 0x0f) | 0x50);
    out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
}

struct mimic_id mimic_uuid(const char *kind, const char *table_id)
{
    static const char digits[] = "0123456789abcdef";
    struct mimic_id id;
    uint8_t space[16], raw[16];
    size_t at = 0;
    mimic_uuid5(root, kind, space);
    mimic_uuid5(space, table_id, raw);
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            id.text[at++] = '-';
        id.text[at++] = digits[raw[i] >> 4];
        id.text[at++] = digits[raw[i] & 15];
    }
    id.text[at] = 0;
    return id;
}
