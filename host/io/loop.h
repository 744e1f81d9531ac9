/* SPDX-License-Identifier: MIT */
/*
 * The event loop: one thread that owns all sockets and timers (libuv). Nothing else runs there:
 * callbacks are short, never block and never call a plugin.
 */
#pragma once

#include "base/err.h"

struct loop;

struct loop *loop_start(struct err *err);
/* Runs what has been posted, and what that posts, then closes all timers, watches and signals
 * without calling them, and joins. Not on the loop thread; NULL is fine. */
void loop_stop(struct loop *loop);

/* Work for the loop thread, from any thread, run in the order posted. The task is the caller's
 * memory (usually part of a larger struct) until fn runs. */
struct loop_task {
    void (*fn)(struct loop_task *task);
    struct loop_task *next;
};
void loop_post(struct loop *loop, struct loop_task *task);

/* The rest only on the loop thread. A timer fires once; starting it again moves it. Timers and
 * watches may be destroyed in their own callbacks. */
struct loop_timer;
struct loop_timer *loop_timer_create(struct loop *loop, void (*fn)(void *arg), void *arg);
void loop_timer_start(struct loop_timer *timer, uint64_t ms);
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_destroy(struct loop_timer *timer);

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_ERROR = 4 };
struct loop_watch;
struct loop_watch *loop_watch_create(struct loop *loop, int fd,
                                     void (*fn)(void *arg, int fd, int events), void *arg);
void loop_watch_set(struct loop_watch *watch, int events); /* 0 pauses, as LOOP_ERROR does */
void loop_watch_destroy(struct loop_watch *watch);

/* Signals: fn runs on the loop thread. From any thread; returns when the signal is watched. */
int loop_on_signal(struct loop *loop, int signum, void (*fn)(void *arg, int signum), void *arg,
                   struct err *err);
