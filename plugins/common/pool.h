/* SPDX-License-Identifier: MIT */
/* Memory that is freed as a whole. Requests are small or bounded by what the host lets through,
 * so there is no failure to handle: without memory the program ends. A zeroed struct is an empty
 * pool. Not thread-safe. */
#pragma once

#include <grasp/abi.h>
#include <stddef.h>

struct pool {
    struct pool_chunk *chunks;
    char *at;
    size_t left;
};

void *pool_alloc(struct pool *pool, size_t size); /* zeroed, aligned for any type */
void *pool_array(struct pool *pool, size_t count, size_t size);
grasp_str pool_dup(struct pool *pool, grasp_str text); /* NUL-terminated copy */
__attribute__((format(printf, 2, 3))) grasp_str pool_format(struct pool *pool, const char *format,
                                                            ...);
void pool_free(struct pool *pool); /* everything; the pool is empty afterwards */
#define CLEANUP_POOL __attribute__((cleanup(pool_free)))

/* Room for one more in an array that lives in a pool; doubles it when it is full. */
#define POOL_RESERVE(pool, items, count, capacity)                                                 \
    ((items) = pool_reserve_((pool), (items), (count), &(capacity), sizeof(*(items))))
void *pool_reserve_(struct pool *pool, void *items, size_t count, size_t *capacity, size_t size);
