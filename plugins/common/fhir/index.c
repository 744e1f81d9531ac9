/* SPDX-License-Identifier: MIT */
#include "index.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/slice.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

/* Multiply and fold, eight bytes at a time. */
uint64_t index_hash(grasp_str text, uint64_t seed)
{
    const char *p = text.ptr;
    size_t left = text.len;
    uint64_t hash = mix(seed ^ 0x9e3779b97f4a7c15u, left ^ 0xd1b54a32d192ed03u);
    for (; left >= 8; left -= 8, p += 8)
        hash = mix(hash ^ load8(p), 0xa0761d6478bd642fu);
    if (left) {
        char rest[8] = {0};
        memcpy(rest, p, left);
        hash = mix(hash ^ load8(rest), 0xe7037ed1a0b428dbu);
    }
    return mix(hash, 0x8ebc6af09c88c6e3u);
}

uint64_t index_term(enum term_kind kind, uint32_t type, grasp_str a, grasp_str b)
{
    uint64_t hash = index_hash(a, (uint64_t)kind << 32 | type);
    if (b.len)
        hash = index_hash(b, hash);
    return hash ? hash : 1;
}

uint64_t index_id_place(uint32_t type, grasp_str id, uint64_t count)
{
    return (uint64_t)(((unsigned __int128)index_hash(id, type + 1000u) * count) >> 64);
}

struct postings index_find(const struct index *index, uint64_t term)
{
    uint64_t mask = index->slot_count - 1;
    for (uint64_t i = 0; i < index->slot_count; i++) {
        const struct slot *slot = &index->slots[(term + i) & mask];
        if (!slot->hash)
            break;
        if (slot->hash == term)
            return (struct postings){index->postings + slot->start, slot->count};
    }
    return (struct postings){NULL, 0};
}

uint64_t index_name_start(grasp_str folded)
{
    uint64_t start = 0;
    for (size_t i = 0; i < 8; i++)
        start = start << 8 | (i < folded.len ? (unsigned char)folded.ptr[i] : 0);
    return start;
}

/* The first name not before (type, start). */
static uint64_t lower_bound(const struct index *index, uint32_t type, uint64_t start)
{
    uint64_t low = 0;
    for (uint64_t high = index->name_count; low < high;) {
        uint64_t middle = low + (high - low) / 2;
        const struct name *name = &index->names[middle];
        if (name->type < type || (name->type == type && name->start < start))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void index_find_names(const struct index *index, uint32_t type, grasp_str folded,
                      const struct name **out_first, uint64_t *out_count)
{
    uint64_t start = index_name_start(folded), first = lower_bound(index, type, start), last;
    size_t known = folded.len < 8 ? folded.len : 8;
    uint64_t step = known ? 1ull << (64 - 8 * known) : 0;
    if (!known || start + step < start)
        last = lower_bound(index, type + 1, 0);
    else
        last = lower_bound(index, type, start + step);
    *out_first = index->names + first;
    *out_count = last - first;
}

void index_free(struct index *index)
{
    free(index->memory);
    if (index->map)
        munmap(index->map, index->map_size);
    memset(index, 0, sizeof(*index));
}
