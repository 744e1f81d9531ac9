/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define ONE_GIB (UINT64_C(1) << 30)
#define CHUNK_MIN ((size_t)1024)
#define CHUNK_MAX ((size_t)65536)

struct arena_chunk {
    struct arena_chunk *next;
    size_t capacity;
    max_align_t data[];
};

_Noreturn void mem_exhausted(void)
{
    static const char text[] = "error: out of memory\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)written;
    _exit(EXIT_INTERNAL);
}

void *mem_alloc(size_t size)
{
    void *ptr = calloc(1, size ? size : 1);
    if (!ptr)
        mem_exhausted();
    return ptr;
}

void *mem_array(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        mem_exhausted();
    return mem_alloc(bytes);
}

void *mem_grow(void *old, size_t size)
{
    void *ptr = realloc(old, size ? size : 1);
    if (!ptr)
        mem_exhausted();
    return ptr;
}

void *mem_try(uint64_t size)
{
    if (size > ONE_GIB)
        return NULL;
    return calloc(1, size ? (size_t)size : 1);
}

char *mem_dup(const char *text, size_t len)
{
    char *copy = malloc(len + 1);
    if (!copy)
        mem_exhausted();
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *mem_printf(const char *format, ...)
{
    va_list args;
    char *text;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        mem_exhausted();
    return text;
}

void mem_free(void *ptr)
{
    free(ptr);
}

void mem_cleanup_(void *ptr_to_ptr)
{
    free(*(void **)ptr_to_ptr);
}

static size_t align_up(size_t size)
{
    return (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

static size_t chunk_size(const struct arena *arena)
{
    if (arena->total < CHUNK_MIN)
        return CHUNK_MIN;
    return arena->total > CHUNK_MAX ? CHUNK_MAX : arena->total;
}

/* A request that is large for the next chunk gets one of its own behind the current one, whose
 * rest stays usable. */
static void *arena_new_chunk(struct arena *arena, size_t size)
{
    size_t chunk = chunk_size(arena);
    bool own = size > (chunk - sizeof(struct arena_chunk)) / 2;
    if (own)
        chunk = sizeof(struct arena_chunk) + size;
    struct arena_chunk *new = calloc(1, chunk);
    if (!new)
        return NULL;
    new->capacity = chunk - sizeof(*new);
    arena->total += chunk;
    if (own && arena->chunks) {
        new->next = arena->chunks->next;
        arena->chunks->next = new;
    } else {
        new->next = arena->chunks;
        arena->chunks = new;
        arena->used = size;
    }
    return new->data;
}

void *arena_try(struct arena *arena, uint64_t size)
{
    if (size > ONE_GIB)
        return NULL;
    size_t bytes = align_up(size ? (size_t)size : 1);
    if (arena->chunks && arena->chunks->capacity - arena->used >= bytes) {
        void *ptr = (char *)arena->chunks->data + arena->used;
        arena->used += bytes;
        return ptr;
    }
    return arena_new_chunk(arena, bytes);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *ptr = arena_try(arena, size);
    if (!ptr)
        mem_exhausted();
    return ptr;
}

char *arena_dup(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);
    if (len)
        memcpy(copy, text, len);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        mem_exhausted();
    char *text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

void arena_clear(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    *arena = (struct arena){0};
}
