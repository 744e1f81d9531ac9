/* SPDX-License-Identifier: MIT */
/* Worker threads with one queue, first in first out. libuv's pool can only be fed from the loop
 * thread, so this is a small one of its own. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pool;

/* The task is the caller's memory until fn runs; fn may free or resubmit it. */
struct pool_task {
    void (*fn)(struct pool_task *task);
    struct pool_task *next;
    uint64_t since_us; /* the pool's own */
};

/* With fewer threads if the system gives no more; NULL if it gives none. patience_us, for short
 * tasks: while a thread is at work, an idle one is called only when a task has waited for so long,
 * which is found out when one is submitted or taken, and every 100 ms. 0: one is always called. */
struct pool *pool_create(size_t threads, const char *name, uint32_t patience_us);
void pool_submit(struct pool *pool, struct pool_task *task); /* any thread */
void pool_destroy(struct pool *pool); /* finishes what is queued, then joins; NULL is fine */
