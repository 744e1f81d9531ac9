/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define ONE_GIB (UINT64_C(1) << 30)
#define CHUNK_MIN ((size_t)256)
#define CHUNK_MAX ((size_t)65536)
#define SMALL_BLOCK ((size_t)1024)

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

/* Threads pass memory on to each other: more heaps than processors only spread it out. And what is
 * free now is wanted again by the next episode: giving it back to the system costs page faults. */
void mem_tune(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    mallopt(M_ARENA_MAX, processors > 0 ? (int)processors : 1);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

/* glibc's calloc does not take small blocks from the thread's own cache; malloc does. */
void *mem_alloc(size_t size)
{
    bool small = size && size <= SMALL_BLOCK;
    void *ptr = small ? malloc(size) : calloc(1, size ? size : 1);
    if (!ptr)
        mem_exhausted();
    return small ? memset(ptr, 0, size) : ptr;
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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHUNK_CACHE 0 /* so that a chunk used after its time is noticed */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CHUNK_CACHE 0
#endif
#endif
#ifndef CHUNK_CACHE
#define CHUNK_CACHE ((size_t)1 << 18)
#endif
#define CHUNK_STEP ((size_t)512)
#define CHUNK_SIZES 17 /* CHUNK_MIN, then multiples of CHUNK_STEP: larger ones are rare */

/* Chunks that this thread has freed: episodes come and go by the thousand, and each has the sizes
 * of the one before. */
struct chunk_cache {
    struct arena_chunk *free[CHUNK_SIZES];
    size_t bytes;
    bool registered;
};

static _Thread_local struct chunk_cache chunk_cache;
static pthread_key_t chunk_cache_key;
static pthread_once_t chunk_cache_once = PTHREAD_ONCE_INIT;

static void chunk_cache_clear(void *arg)
{
    struct chunk_cache *cache = arg;
    for (size_t i = 0; i < CHUNK_SIZES; i++) {
        for (struct arena_chunk *chunk = cache->free[i], *next; chunk; chunk = next) {
            next = chunk->next;
            free(chunk);
        }
    }
    *cache = (struct chunk_cache){0};
}

static void chunk_cache_init(void)
{
    if (pthread_key_create(&chunk_cache_key, chunk_cache_clear) != 0)
        mem_exhausted();
}

/* The smallest size that holds so many bytes, by its number; CHUNK_SIZES or more: none does. */
static size_t chunk_number(size_t bytes)
{
    return bytes <= CHUNK_MIN ? 0 : (bytes + CHUNK_STEP - 1) / CHUNK_STEP;
}

/* At least `bytes` whole, of which *bytes says how many; not zeroed. */
static struct arena_chunk *chunk_take(size_t *bytes)
{
    size_t number = chunk_number(*bytes);
    if (number < CHUNK_SIZES) {
        struct arena_chunk *chunk = chunk_cache.free[number];
        *bytes = number ? number * CHUNK_STEP : CHUNK_MIN;
        if (chunk) {
            chunk_cache.free[number] = chunk->next;
            chunk_cache.bytes -= *bytes;
            return chunk;
        }
    }
    return malloc(*bytes);
}

static void chunk_give(struct arena_chunk *chunk)
{
    size_t bytes = sizeof(*chunk) + chunk->capacity;
    size_t number = chunk_number(bytes);
    if (number >= CHUNK_SIZES || chunk_cache.bytes + bytes > CHUNK_CACHE) {
        free(chunk);
        return;
    }
    if (!chunk_cache.registered) {
        pthread_once(&chunk_cache_once, chunk_cache_init);
        chunk_cache.registered = pthread_setspecific(chunk_cache_key, &chunk_cache) == 0;
    }
    chunk->next = chunk_cache.free[number];
    chunk_cache.free[number] = chunk;
    chunk_cache.bytes += bytes;
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
    struct arena_chunk *new = chunk_take(&chunk);
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

/* Not zeroed. */
static void *arena_raw(struct arena *arena, size_t size)
{
    size_t bytes = align_up(size ? size : 1);
    if (arena->chunks && arena->chunks->capacity - arena->used >= bytes) {
        void *ptr = (char *)arena->chunks->data + arena->used;
        arena->used += bytes;
        return ptr;
    }
    return arena_new_chunk(arena, bytes);
}

void *arena_try(struct arena *arena, uint64_t size)
{
    void *ptr = size > ONE_GIB ? NULL : arena_raw(arena, (size_t)size);
    return ptr ? memset(ptr, 0, (size_t)size) : NULL;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *ptr = arena_try(arena, size);
    if (!ptr)
        mem_exhausted();
    return ptr;
}

char *arena_text(struct arena *arena, size_t len)
{
    char *text = len < ONE_GIB ? arena_raw(arena, len + 1) : NULL;
    if (!text)
        mem_exhausted();
    text[len] = '\0';
    return text;
}

char *arena_dup(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_text(arena, len);
    if (len)
        memcpy(copy, text, len);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    char small[256];
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    if (len < 0)
        mem_exhausted();
    char *text = arena_text(arena, (size_t)len);
    if ((size_t)len < sizeof(small))
        memcpy(text, small, (size_t)len + 1);
    else
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

void arena_clear(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        chunk_give(chunk);
    }
    *arena = (struct arena){0};
}
