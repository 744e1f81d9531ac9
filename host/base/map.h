/* SPDX-License-Identifier: MIT */
/* Text to pointer, in the order of insertion. Keys are copied; values are the caller's. A zeroed
 * struct is a valid empty map. */
#pragma once

#include "base/str.h"

struct map_entry {
    struct str key;
    void *value;
};

struct map {
    struct map_entry *entries; /* in order of insertion, count of them */
    size_t count;
    size_t capacity;
    uint32_t *slots;
    size_t slot_count;
};

void *map_get(const struct map *map, struct str key);
bool map_has(const struct map *map, struct str key);
void *map_set(struct map *map, struct str key, void *value); /* returns the old value or NULL */
void map_clear(struct map *map);
