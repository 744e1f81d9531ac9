/* SPDX-License-Identifier: MIT */
#include "io/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/thread.h"

#define WATCH_NS 100000000L

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t wake, watch;
    struct pool_task *first, **last;
    size_t idle;
    bool watched; /* one of the idle looks around from time to time */
    bool called;  /* an idle one is on its way */
    bool closing;
    uint32_t patience_us;
    pthread_t *threads;
    size_t thread_count;
};

/* With the mutex held: is an idle thread to be called? One at a time, which calls the next one if
 * there is need. While a thread is at work, a task may wait for it: two take turns at the same
 * locks and caches, and to wake the other costs as much as a short task. */
static bool must_call(struct pool *pool)
{
    if (!pool->first || !pool->idle || pool->called)
        return false;
    if (pool->idle < pool->thread_count && pool->patience_us &&
        clock_monotonic_us() - pool->first->since_us < pool->patience_us)
        return false;
    pool->called = true;
    return true;
}

/* The one who watches is called last. */
static void call_idle(struct pool *pool, bool watcher)
{
    pthread_cond_signal(watcher ? &pool->watch : &pool->wake);
}

/* With the mutex held, which is open meanwhile. One of the idle takes up by itself what the thread
 * at work leaves for long. */
static void wait_idle(struct pool *pool)
{
    bool watch = pool->patience_us && !pool->watched;
    pool->idle++;
    if (watch) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += WATCH_NS;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pool->watched = true;
        pthread_cond_timedwait(&pool->watch, &pool->mutex, &until);
        pool->watched = false;
    } else {
        pthread_cond_wait(&pool->wake, &pool->mutex);
    }
    pool->idle--;
    pool->called = false;
}

/* The next task, waiting for one if there is none; NULL at the end. */
static struct pool_task *take(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    while (!pool->first && !pool->closing)
        wait_idle(pool);
    struct pool_task *task = pool->first;
    if (task) {
        pool->first = task->next;
        if (!pool->first)
            pool->last = &pool->first;
    }
    bool call = must_call(pool), watcher = pool->watched && pool->idle == 1;
    pthread_mutex_unlock(&pool->mutex);
    if (call)
        call_idle(pool, watcher);
    return task;
}

static void *worker(void *arg)
{
    struct pool_task *task;
    while ((task = take(arg)))
        task->fn(task);
    return NULL;
}

struct pool *pool_create(size_t threads, const char *name, uint32_t patience_us)
{
    struct pool *pool = mem_alloc(sizeof(*pool));
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_condattr_t attr;
    pthread_cond_init(&pool->wake, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->watch, &attr);
    pthread_condattr_destroy(&attr);
    pool->last = &pool->first;
    pool->patience_us = patience_us;
    pool->threads = mem_array(threads, sizeof(*pool->threads));
    while (pool->thread_count < threads) {
        if (thread_start(&pool->threads[pool->thread_count], worker, pool, name) != 0)
            break;
        pool->thread_count++;
    }
    if (pool->thread_count == 0) {
        pool_destroy(pool);
        return NULL;
    }
    return pool;
}

void pool_submit(struct pool *pool, struct pool_task *task)
{
    task->next = NULL;
    task->since_us = pool->patience_us ? clock_monotonic_us() : 0;
    pthread_mutex_lock(&pool->mutex);
    *pool->last = task;
    pool->last = &task->next;
    bool call = must_call(pool), watcher = pool->watched && pool->idle == 1;
    pthread_mutex_unlock(&pool->mutex);
    if (call)
        call_idle(pool, watcher);
}

void pool_destroy(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->closing = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_cond_broadcast(&pool->watch);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->watch);
    pthread_mutex_destroy(&pool->mutex);
    mem_free(pool->threads);
    mem_free(pool);
}
