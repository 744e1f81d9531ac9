/* SPDX-License-Identifier: MIT */
/* Worker threads with one queue, first in first out. libuv's pool can only be fed from the loop
 * thread, so this is a small one of its own. */
#pragma once

#include <stddef.h>

struct pool;

/* The task is the caller's memory until fn runs; fn may free or resubmit it. The first task that fn
 * submits may be left to its own thread, so fn should return soon after that. */
struct pool_task {
    void (*fn)(struct pool_task *task);
    struct pool_task *next;
};

/* With fewer threads if the system gives no more; NULL if it gives none. */
struct pool *pool_create(size_t threads, const char *name);
void pool_submit(struct pool *pool, struct pool_task *task); /* any thread */
void pool_destroy(struct pool *pool); /* finishes what is queued, then joins; NULL is fine */
