/* SPDX-License-Identifier: MIT */
#include "plugin/check_guard.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

#define PAGE ((size_t)4096)

/* Addresses are handed out one after the other and come round again late. */
static struct area {
    size_t size;
    uint8_t *base;
    size_t used;
} areas[] = {
    [GUARD_INPUT] = {.size = (size_t)4 << 30},
    [GUARD_CALL] = {.size = (size_t)1 << 30},
    [GUARD_TABLE] = {.size = (size_t)16 << 20},
};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void guard_start(void)
{
    for (size_t i = 0; i < GUARD_NONE; i++) {
        void *base = mmap(NULL, areas[i].size, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (base == MAP_FAILED)
            mem_exhausted();
        areas[i].base = base;
    }
}

void *guard_pages(enum guard_area area, size_t size, struct guard_block *out_block)
{
    struct area *a = &areas[area];
    size_t pages = (size + PAGE - 1) / PAGE * PAGE;
    if (!pages)
        pages = PAGE;
    pthread_mutex_lock(&mutex);
    if (pages + PAGE > a->size - a->used)
        a->used = 0;
    uint8_t *at = a->base + a->used;
    a->used += pages + PAGE; /* the page behind stays out of reach */
    pthread_mutex_unlock(&mutex);
    if (pages + PAGE > a->size || mprotect(at, pages, PROT_READ | PROT_WRITE) != 0)
        mem_exhausted();
    *out_block = (struct guard_block){at, pages};
    return at;
}

void *guard_copy(enum guard_area area, const void *data, size_t size, size_t tail,
                 struct guard_block *out_block)
{
    uint8_t *pages = guard_pages(area, size + tail, out_block);
    uint8_t *at = pages + out_block->size - size - tail;
    if (size)
        memcpy(at, data, size);
    memset(at + size, 0, tail);
    guard_freeze(out_block);
    return at;
}

void guard_freeze(const struct guard_block *block)
{
    if (mprotect(block->pages, block->size, PROT_READ) != 0)
        mem_exhausted();
}

void guard_retire(const struct guard_block *block)
{
    madvise(block->pages, block->size, MADV_DONTNEED);
    if (mprotect(block->pages, block->size, PROT_NONE) != 0)
        mem_exhausted();
}

enum guard_area guard_area_of(const void *address)
{
    const uint8_t *at = address;
    for (size_t i = 0; i < GUARD_NONE; i++) {
        if (at >= areas[i].base && at < areas[i].base + areas[i].size)
            return (enum guard_area)i;
    }
    return GUARD_NONE;
}
