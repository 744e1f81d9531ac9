/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <assert.h>

#include "base/mem.h"

/* FNV-1a with a final mix, as the slots are chosen by the low bits. */
static uint64_t hash_key(struct str key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.ptr[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    return h ^ h >> 33;
}

/* The slot that holds the key, or the empty one where it belongs. Slots hold index + 1. */
static size_t find_slot(const struct map *map, struct str key)
{
    size_t mask = map->slot_count - 1;
    size_t slot = (size_t)hash_key(key) & mask;
    while (map->slots[slot] && !str_eq(map->entries[map->slots[slot] - 1].key, key))
        slot = (slot + 1) & mask;
    return slot;
}

static struct map_entry *find_entry(const struct map *map, struct str key)
{
    uint32_t found = map->count ? map->slots[find_slot(map, key)] : 0;
    return found ? &map->entries[found - 1] : NULL;
}

void *map_get(const struct map *map, struct str key)
{
    const struct map_entry *entry = find_entry(map, key);
    return entry ? entry->value : NULL;
}

bool map_has(const struct map *map, struct str key)
{
    return find_entry(map, key) != NULL;
}

static void grow_slots(struct map *map)
{
    if ((map->count + 1) * 4 <= map->slot_count * 3)
        return;
    mem_free(map->slots);
    map->slot_count = map->slot_count ? map->slot_count * 2 : 16;
    map->slots = mem_array(map->slot_count, sizeof(*map->slots));
    assert(map->entries || !map->count);
    for (size_t i = 0; i < map->count; i++)
        map->slots[find_slot(map, map->entries[i].key)] = (uint32_t)i + 1;
}

void *map_set(struct map *map, struct str key, void *value)
{
    struct map_entry *entry = find_entry(map, key);
    if (entry) {
        void *old = entry->value;
        entry->value = value;
        return old;
    }
    grow_slots(map);
    MEM_RESERVE(map->entries, map->count, map->capacity);
    assert(map->entries);
    size_t slot = find_slot(map, key);
    struct str copy = {mem_dup(key.ptr, key.len), key.len};
    map->entries[map->count] = (struct map_entry){copy, value};
    map->slots[slot] = (uint32_t)++map->count;
    return NULL;
}

void map_clear(struct map *map)
{
    for (size_t i = 0; i < map->count; i++)
        mem_free((char *)map->entries[i].key.ptr);
    mem_free(map->entries);
    mem_free(map->slots);
    *map = (struct map){0};
}
