/* SPDX-License-Identifier: MIT */
#include "common/pool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE 16384
#define ALIGNMENT 16

struct pool_chunk {
    struct pool_chunk *next;
    size_t size;
};

static void *chunk_add(struct pool *pool, size_t size)
{
    struct pool_chunk *chunk = calloc(1, ALIGNMENT + size);
    if (!chunk)
        abort();
    chunk->size = size;
    chunk->next = pool->chunks;
    pool->chunks = chunk;
    return (char *)chunk + ALIGNMENT;
}

void *pool_alloc(struct pool *pool, size_t size)
{
    if (size > SIZE_MAX - 2 * ALIGNMENT)
        abort();
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > pool->left || !pool->at) {
        if (size > CHUNK_SIZE / 4)
            return chunk_add(pool, size);
        pool->at = chunk_add(pool, CHUNK_SIZE);
        pool->left = CHUNK_SIZE;
    }
    void *out = pool->at;
    pool->at += size;
    pool->left -= size;
    return out;
}

void *pool_array(struct pool *pool, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        abort();
    return pool_alloc(pool, total);
}

grasp_str pool_dup(struct pool *pool, grasp_str text)
{
    char *copy = pool_alloc(pool, text.len + 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    return (grasp_str){copy, text.len};
}

grasp_str pool_format(struct pool *pool, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *out = pool_alloc(pool, (size_t)(len < 0 ? 0 : len) + 1);
    if (len > 0)
        vsnprintf(out, (size_t)len + 1, format, args);
    va_end(args);
    return (grasp_str){out, len < 0 ? 0 : (uint64_t)len};
}

void pool_free(struct pool *pool)
{
    while (pool->chunks) {
        struct pool_chunk *next = pool->chunks->next;
        free(pool->chunks);
        pool->chunks = next;
    }
    memset(pool, 0, sizeof(*pool));
}

void *pool_reserve_(struct pool *pool, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t room = *capacity ? *capacity * 2 : 8;
    void *bigger = pool_array(pool, room, size);
    if (count)
        memcpy(bigger, items, count * size);
    *capacity = room;
    return bigger;
}
