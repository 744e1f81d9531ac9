/* SPDX-License-Identifier: MIT */
/* The resources that an agent has fetched in an episode, by type. */
#pragma once

#include <stdbool.h>

#include "common/pool.h"
#include "common/text.h"

struct resource {
    grasp_str id, json;
};

struct bucket {
    grasp_str type;
    struct resource *items;
    size_t count, capacity;
};

/* A zeroed struct is an empty set. Not thread-safe. */
struct retrieved {
    struct pool pool;
    struct bucket *buckets; /* in the order in which types came */
    size_t count, capacity;
    size_t bytes; /* of all that was added */
};

/* What an episode may fetch in all. */
#define RETRIEVED_MAX ((size_t)256 << 20)

/* Adds a JSON array of resources, each under its own resourceType ("Unknown" without one). merge:
 * one with an id that is there takes its place, others follow; otherwise the types that come
 * replace what was there of them. False when it would be more than RETRIEVED_MAX. */
bool retrieved_add(struct retrieved *set, grasp_str array, bool merge);
/* NULL if there is none. */
const struct bucket *retrieved_find(const struct retrieved *set, grasp_str type);
/* {"Type": [resource, ...], ...} */
void retrieved_write(struct text *out, const struct retrieved *set);
void retrieved_free(struct retrieved *set);
#define CLEANUP_RETRIEVED __attribute__((cleanup(retrieved_free)))
