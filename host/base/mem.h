/* SPDX-License-Identifier: MIT */
/* Allocation. Small requests never fail: the program ends with a message instead. What is sized
 * by input goes through mem_try. */
#pragma once

#include <stddef.h>
#include <stdint.h>

void mem_tune(void);          /* before the first thread */
void *mem_alloc(size_t size); /* zeroed */
void *mem_array(size_t count, size_t size);
void *mem_grow(void *old, size_t size);      /* new bytes are not zeroed */
void *mem_try(uint64_t size);                /* zeroed; NULL when there is none, or over 1 GiB */
char *mem_dup(const char *text, size_t len); /* adds a NUL */
__attribute__((format(printf, 1, 2))) char *mem_printf(const char *format, ...);
void mem_free(void *ptr);
_Noreturn void mem_exhausted(void); /* says so and ends the program */

/* Doubles a vector that is full. items: pointer to the array; count, capacity: size_t. Of large
 * items there are few, in thousands of vectors. */
#define MEM_RESERVE(items, count, capacity)                                                        \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = (capacity) ? (capacity)*2 : sizeof(*(items)) > 64 ? 2 : 4;                \
            (items) = mem_grow((items), (capacity) * sizeof(*(items)));                            \
        }                                                                                          \
    } while (0)

void mem_cleanup_(void *ptr_to_ptr);
#define CLEANUP_FREE __attribute__((cleanup(mem_cleanup_)))

/* An arena: freed as a whole. Not thread-safe; chunks start small and grow, so that thousands of
 * idle ones are cheap. A zeroed struct is a valid empty arena. */
struct arena {
    struct arena_chunk *chunks;
    size_t used;  /* of the current chunk */
    size_t total; /* of all chunks: what the arena costs */
};

void *arena_alloc(struct arena *arena, size_t size); /* zeroed, aligned for any type */
void *arena_try(struct arena *arena, uint64_t size); /* NULL when there is none, or over 1 GiB */
/* Not zeroed, for a text of so many bytes and a NUL, which is there. */
char *arena_text(struct arena *arena, size_t len);
char *arena_dup(struct arena *arena, const char *text, size_t len);
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *arena, const char *format,
                                                         ...);
void arena_clear(struct arena *arena);
