/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/loop.h"
#include "resources.h"

#define POSTERS 8
#define POSTS 2000

static struct loop *start_loop(void)
{
    struct err err = {0};
    struct loop *loop = loop_start(&err);
    if (!loop)
        fail_msg("%s", err.text);
    return loop;
}

static void wait_for(sem_t *sem)
{
    while (sem_wait(sem) != 0)
        continue;
}

struct post {
    struct loop_task task;
    struct poster *poster;
    size_t number;
};

struct poster {
    struct loop *loop;
    pthread_t thread;
    struct post posts[POSTS];
    size_t ran;
    bool in_order;
};

static void on_post(struct loop_task *task)
{
    struct post *post = (struct post *)task;
    post->poster->in_order &= post->poster->ran == post->number;
    post->poster->ran++;
}

static void *post_all(void *arg)
{
    struct poster *poster = arg;
    for (size_t i = 0; i < POSTS; i++) {
        poster->posts[i] = (struct post){.task.fn = on_post, .poster = poster, .number = i};
        loop_post(poster->loop, &poster->posts[i].task);
    }
    return NULL;
}

static void runs_what_is_posted_in_order(void **state)
{
    struct loop *loop = start_loop();
    struct poster *posters = mem_array(POSTERS, sizeof(*posters));
    for (size_t i = 0; i < POSTERS; i++) {
        posters[i].loop = loop;
        posters[i].in_order = true;
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
    }
    for (size_t i = 0; i < POSTERS; i++)
        pthread_join(posters[i].thread, NULL);
    loop_stop(loop); /* runs the rest */
    for (size_t i = 0; i < POSTERS; i++) {
        assert_int_equal(posters[i].ran, POSTS);
        assert_true(posters[i].in_order);
    }
    mem_free(posters);
}

/* A task that posts itself again, also while the loop stops. */
struct chain {
    struct loop_task task;
    struct loop *loop;
    size_t left;
};

static void on_chain(struct loop_task *task)
{
    struct chain *chain = (struct chain *)task;
    if (chain->left-- > 1)
        loop_post(chain->loop, task);
}

static void runs_what_posts_itself_before_it_stops(void **state)
{
    struct chain chain = {.task.fn = on_chain, .loop = start_loop(), .left = 10000};
    loop_post(chain.loop, &chain.task);
    loop_stop(chain.loop);
    assert_int_equal(chain.left, 0);
}

/* What the tests of timers and watches share; only the loop thread touches the rest. */
struct rig {
    struct loop_task task;
    struct loop *loop;
    struct loop_timer *timers[3];
    struct loop_watch *watch;
    int fds[2];
    char order[16];
    size_t count;
    uint64_t started_us, fired_us;
    sem_t done;
};

static void note(struct rig *rig, char what)
{
    if (rig->count + 1 < sizeof(rig->order))
        rig->order[rig->count++] = what;
}

static void on_late(void *arg)
{
    struct rig *rig = arg;
    note(rig, 'L');
    rig->fired_us = clock_monotonic_us();
    loop_timer_destroy(rig->timers[0]); /* in its own callback */
    sem_post(&rig->done);
}

static void on_early(void *arg)
{
    note(arg, 'E');
}

static void on_never(void *arg)
{
    note(arg, 'N');
}

static void start_timers(struct loop_task *task)
{
    struct rig *rig = (struct rig *)task;
    rig->timers[0] = loop_timer_create(rig->loop, on_late, rig);
    rig->timers[1] = loop_timer_create(rig->loop, on_early, rig);
    rig->timers[2] = loop_timer_create(rig->loop, on_never, rig);
    rig->started_us = clock_monotonic_us();
    loop_timer_start(rig->timers[0], 1); /* moved by the next line */
    loop_timer_start(rig->timers[0], 60);
    loop_timer_start(rig->timers[1], 20);
    loop_timer_start(rig->timers[2], 30);
    loop_timer_stop(rig->timers[2]);
}

static void fires_timers_once_and_in_order(void **state)
{
    struct rig rig = {.task.fn = start_timers, .loop = start_loop()};
    sem_init(&rig.done, 0, 0);
    loop_post(rig.loop, &rig.task);
    wait_for(&rig.done);
    loop_stop(rig.loop); /* closes those that are left */
    assert_string_equal(rig.order, "EL");
    assert_true(rig.fired_us - rig.started_us >= 59000);
    sem_destroy(&rig.done);
}

static void on_far(void *arg)
{
    note(arg, 'F');
}

static void start_far(struct loop_task *task)
{
    struct rig *rig = (struct rig *)task;
    rig->timers[0] = loop_timer_create(rig->loop, on_far, rig);
    loop_timer_start(rig->timers[0], 3600000);
    note(rig, 's');
}

static void stops_without_waiting_for_timers(void **state)
{
    struct rig rig = {.task.fn = start_far, .loop = start_loop()};
    loop_post(rig.loop, &rig.task);
    loop_stop(rig.loop);
    assert_string_equal(rig.order, "s");
}

static void on_readable(void *arg, int fd, int events)
{
    struct rig *rig = arg;
    char byte;
    if (events & LOOP_READ && read(fd, &byte, 1) == 1)
        note(rig, byte);
    if (rig->count == 2)
        loop_watch_set(rig->watch, 0);
    if (rig->count == 3)
        loop_watch_destroy(rig->watch);
    sem_post(&rig->done);
}

static void start_watch(struct loop_task *task)
{
    struct rig *rig = (struct rig *)task;
    if (!rig->watch)
        rig->watch = loop_watch_create(rig->loop, rig->fds[0], on_readable, rig);
    loop_watch_set(rig->watch, LOOP_READ);
    sem_post(&rig->done);
}

static void watches_until_it_is_paused(void **state)
{
    struct rig rig = {.task.fn = start_watch, .loop = start_loop()};
    int value = -1;
    sem_init(&rig.done, 0, 0);
    assert_int_equal(pipe2(rig.fds, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(write(rig.fds[1], "abc", 3), 3);
    loop_post(rig.loop, &rig.task);
    for (int i = 0; i < 3; i++) /* the start, two bytes */
        wait_for(&rig.done);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    sem_getvalue(&rig.done, &value);
    assert_int_equal(value, 0); /* paused with a byte to read */
    loop_post(rig.loop, &rig.task);
    wait_for(&rig.done);
    wait_for(&rig.done);
    loop_stop(rig.loop);
    assert_string_equal(rig.order, "abc");
    close(rig.fds[0]);
    close(rig.fds[1]);
    sem_destroy(&rig.done);
}

static void on_signal(void *arg, int signum)
{
    struct rig *rig = arg;
    note(rig, signum == SIGUSR1 ? 'u' : '?');
    sem_post(&rig->done);
}

static void hears_signals(void **state)
{
    struct err err = {0};
    struct rig rig = {.loop = start_loop()};
    sem_init(&rig.done, 0, 0);
    assert_int_equal(loop_on_signal(rig.loop, SIGUSR1, on_signal, &rig, &err), 0);
    assert_int_not_equal(loop_on_signal(rig.loop, SIGKILL, on_signal, &rig, &err), 0);
    assert_non_null(strstr(err.text, "signal 9"));
    kill(getpid(), SIGUSR1);
    wait_for(&rig.done);
    loop_stop(rig.loop);
    assert_string_equal(rig.order, "u");
    sem_destroy(&rig.done);
}

static void leaves_nothing_open(void **state)
{
    loop_stop(start_loop()); /* libuv keeps its signal pipe */
    size_t before = resources_fds();
    for (int i = 0; i < 20; i++)
        loop_stop(start_loop());
    loop_stop(NULL);
    assert_int_equal(resources_fds(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_what_is_posted_in_order),
        cmocka_unit_test(runs_what_posts_itself_before_it_stops),
        cmocka_unit_test(fires_timers_once_and_in_order),
        cmocka_unit_test(stops_without_waiting_for_timers),
        cmocka_unit_test(watches_until_it_is_paused),
        cmocka_unit_test(hears_signals),
        cmocka_unit_test(leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
