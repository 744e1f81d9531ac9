/* SPDX-License-Identifier: MIT */
#include "relation.h"

#include <stdlib.h>
#include <string.h>

static uint32_t key_of(struct pair pair)
{
    return (uint32_t)pair.first << 16 | pair.second;
}

static size_t position(const struct relation *relation, struct pair pair)
{
    size_t low = 0, high = relation->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (key_of(relation->pairs[middle]) < key_of(pair))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct relation *relation, size_t at, struct pair pair)
{
    return at < relation->count && key_of(relation->pairs[at]) == key_of(pair);
}

bool relation_has(const struct relation *relation, uint16_t first, uint16_t second)
{
    struct pair pair = {first, second};
    return is_at(relation, position(relation, pair), pair);
}

size_t relation_at(const struct relation *relation, uint16_t first)
{
    return position(relation, (struct pair){first, 0});
}

bool relation_add(struct relation *relation, uint16_t first, uint16_t second)
{
    struct pair pair = {first, second};
    size_t at = position(relation, pair);
    if (is_at(relation, at, pair))
        return true;
    if (relation->count == relation->capacity) {
        size_t capacity = relation->capacity ? 2 * relation->capacity : 16;
        struct pair *pairs = realloc(relation->pairs, capacity * sizeof(*pairs));
        if (!pairs)
            return false;
        relation->pairs = pairs;
        relation->capacity = capacity;
    }
    memmove(relation->pairs + at + 1, relation->pairs + at,
            (relation->count - at) * sizeof(*relation->pairs));
    relation->pairs[at] = pair;
    relation->count++;
    return true;
}

void relation_remove(struct relation *relation, uint16_t first, uint16_t second)
{
    struct pair pair = {first, second};
    size_t at = position(relation, pair);
    if (!is_at(relation, at, pair))
        return;
    relation->count--;
    memmove(relation->pairs + at, relation->pairs + at + 1,
            (relation->count - at) * sizeof(*relation->pairs));
}

bool relation_copy(struct relation *out, const struct relation *from)
{
    *out = (struct relation){0};
    if (!from->count)
        return true;
    out->pairs = malloc(from->count * sizeof(*out->pairs));
    if (!out->pairs)
        return false;
    memcpy(out->pairs, from->pairs, from->count * sizeof(*out->pairs));
    out->count = out->capacity = from->count;
    return true;
}

void relation_free(struct relation *relation)
{
    free(relation->pairs);
    *relation = (struct relation){0};
}
