/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"
#include "io/pool.h"
#include "io/thread.h"

#define TASKS 10000

struct work {
    struct pool_task task;
    struct pool *pool;
    size_t number, again;
    size_t *counter;
    bool in_order;
};

static void on_work(struct pool_task *task)
{
    struct work *work = (struct work *)task;
    size_t ran = __atomic_fetch_add(work->counter, 1, __ATOMIC_RELAXED);
    work->in_order = ran == work->number;
    if (work->again) {
        work->again--;
        pool_submit(work->pool, task);
    }
}

static void runs_in_line_with_one_thread(void **state)
{
    size_t counter = 0;
    struct work *works = mem_array(TASKS, sizeof(*works));
    struct pool *pool = pool_create(1, "one", 0);
    for (size_t i = 0; i < TASKS; i++) {
        works[i] = (struct work){.task.fn = on_work, .number = i, .counter = &counter};
        pool_submit(pool, &works[i].task);
    }
    pool_destroy(pool); /* finishes what is queued */
    assert_int_equal(counter, TASKS);
    for (size_t i = 0; i < TASKS; i++)
        assert_true(works[i].in_order);
    mem_free(works);
}

static void finishes_tasks_that_come_back(void **state)
{
    size_t counter = 0;
    struct work works[50];
    struct pool *pool = pool_create(4, "four", 0);
    for (size_t i = 0; i < 50; i++) {
        works[i] =
            (struct work){.task.fn = on_work, .pool = pool, .again = 99, .counter = &counter};
        pool_submit(pool, &works[i].task);
    }
    pool_destroy(pool);
    assert_int_equal(counter, 50 * 100);
}

/* Four tasks that wait for each other: only four threads at once get through. */
struct meeting {
    struct pool_task task;
    pthread_barrier_t *barrier;
};

static void on_meeting(struct pool_task *task)
{
    pthread_barrier_wait(((struct meeting *)task)->barrier);
}

static void runs_at_once(void **state)
{
    pthread_barrier_t barrier;
    struct meeting meetings[4];
    struct pool *pool = pool_create(4, "four", 0);
    pthread_barrier_init(&barrier, NULL, 4);
    for (size_t i = 0; i < 4; i++) {
        meetings[i] = (struct meeting){{.fn = on_meeting}, &barrier};
        pool_submit(pool, &meetings[i].task);
    }
    pool_destroy(pool);
    pthread_barrier_destroy(&barrier);
    pool_destroy(NULL);
}

/* The first waits for the second, for which the third has another thread called, or nobody. */
struct pair {
    struct pool_task first, second, third;
    sem_t begun, done, over;
};

static void on_first(struct pool_task *task)
{
    struct pair *pair = (struct pair *)task;
    sem_post(&pair->begun);
    while (sem_wait(&pair->done) != 0)
        continue;
    sem_post(&pair->over);
}

static void on_second(struct pool_task *task)
{
    sem_post(&((struct pair *)((char *)task - offsetof(struct pair, second)))->done);
}

static void on_third(struct pool_task *task)
{
}

static void run_pair(uint32_t patience_us, bool third)
{
    struct pair pair = {.first.fn = on_first, .second.fn = on_second, .third.fn = on_third};
    struct pool *pool = pool_create(2, "two", patience_us);
    sem_init(&pair.begun, 0, 0);
    sem_init(&pair.done, 0, 0);
    sem_init(&pair.over, 0, 0);
    pool_submit(pool, &pair.first);
    while (sem_wait(&pair.begun) != 0)
        continue;
    pool_submit(pool, &pair.second);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    if (third)
        pool_submit(pool, &pair.third);
    while (sem_wait(&pair.over) != 0)
        continue;
    pool_destroy(pool);
    sem_destroy(&pair.begun);
    sem_destroy(&pair.done);
    sem_destroy(&pair.over);
}

static void calls_another_thread_for_what_has_waited(void **state)
{
    run_pair(1000, true);
}

static void another_thread_looks_around(void **state)
{
    run_pair(3600000000u, false);
}

/* A task may free itself. */
static void on_free(struct pool_task *task)
{
    mem_free(task);
}

static void lets_tasks_free_themselves(void **state)
{
    struct pool *pool = pool_create(2, "two", 0);
    for (size_t i = 0; i < 1000; i++) {
        struct pool_task *task = mem_alloc(sizeof(*task));
        task->fn = on_free;
        pool_submit(pool, task);
    }
    pool_destroy(pool);
}

struct seen {
    sigset_t mask;
    char name[32];
};

static void *look(void *arg)
{
    struct seen *seen = arg;
    /* The name is given by whoever starts the thread, maybe a moment later. */
    for (int i = 0; i < 1000; i++) {
        pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
        if (strstr(seen->name, "a-name"))
            break;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    pthread_sigmask(SIG_SETMASK, NULL, &seen->mask);
    return NULL;
}

static void threads_leave_signals_to_the_main_thread(void **state)
{
    struct seen seen;
    pthread_t thread;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(thread_start(&thread, look, &seen, "a-name-that-is-too-long"), 0);
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_string_equal(seen.name, "a-name-that-is-");
    assert_true(sigismember(&seen.mask, SIGINT));
    assert_true(sigismember(&seen.mask, SIGTERM));
    assert_true(sigismember(&seen.mask, SIGPIPE));
    assert_false(sigismember(&seen.mask, SIGSEGV));
    assert_false(sigismember(&seen.mask, SIGABRT));
    assert_int_equal(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_in_line_with_one_thread),
        cmocka_unit_test(finishes_tasks_that_come_back),
        cmocka_unit_test(runs_at_once),
        cmocka_unit_test(calls_another_thread_for_what_has_waited),
        cmocka_unit_test(another_thread_looks_around),
        cmocka_unit_test(lets_tasks_free_themselves),
        cmocka_unit_test(threads_leave_signals_to_the_main_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
