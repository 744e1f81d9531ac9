/* SPDX-License-Identifier: MIT */
/* Facts of a predicate with two arguments: pairs of entities, sorted. A zeroed struct is empty. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pair {
    uint16_t first, second;
};

struct relation {
    struct pair *pairs;
    size_t count, capacity;
};

bool relation_has(const struct relation *relation, uint16_t first, uint16_t second);
/* The position of the first pair that begins with this entity, or where it would be. */
size_t relation_at(const struct relation *relation, uint16_t first);
/* false: no memory. Adding what is there changes nothing. */
bool relation_add(struct relation *relation, uint16_t first, uint16_t second);
void relation_remove(struct relation *relation, uint16_t first, uint16_t second);
bool relation_copy(struct relation *out, const struct relation *from);
void relation_free(struct relation *relation);
