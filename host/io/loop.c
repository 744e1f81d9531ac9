/* SPDX-License-Identifier: MIT */
#include "io/loop.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <uv.h>

#include "base/mem.h"
#include "io/thread.h"

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_wait;
    uv_check_t after_wait;
    pthread_t thread;
    pthread_mutex_t mutex;
    struct loop_task *first, **last;
    bool closing;
};

struct loop_timer {
    uv_timer_t handle;
    void (*fn)(void *arg);
    void *arg;
};

struct loop_watch {
    uv_poll_t handle;
    int fd;
    int events; /* what is asked for now */
    void (*fn)(void *arg, int fd, int events);
    void *arg;
};

struct loop_signal {
    uv_signal_t handle;
    void (*fn)(void *arg, int signum);
    void *arg;
};

static _Thread_local struct loop *current;

static void free_handle(uv_handle_t *handle)
{
    mem_free(handle->data);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    struct loop *loop = arg;
    bool own = handle == (uv_handle_t *)&loop->wake ||
               handle == (uv_handle_t *)&loop->before_wait ||
               handle == (uv_handle_t *)&loop->after_wait;
    if (!uv_is_closing(handle))
        uv_close(handle, own ? NULL : free_handle);
}

/* Runs what has been posted up to now; returns whether there is more. */
static bool run_batch(struct loop *loop, bool *out_closing)
{
    pthread_mutex_lock(&loop->mutex);
    struct loop_task *task = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->mutex);
    while (task) {
        struct loop_task *next = task->next;
        task->fn(task);
        task = next;
    }
    pthread_mutex_lock(&loop->mutex);
    bool more = loop->first != NULL;
    *out_closing = loop->closing;
    pthread_mutex_unlock(&loop->mutex);
    return more;
}

static void run_posted(struct loop *loop)
{
    bool closing;
    bool more = run_batch(loop, &closing);
    while (more && closing)
        more = run_batch(loop, &closing);
    if (closing)
        uv_walk(&loop->uv, close_handle, loop);
    else if (more)
        uv_async_send(&loop->wake);
}

static void on_wake(uv_async_t *handle)
{
    /* The wait is over: after_wait does the work. */
}

static void on_before_wait(uv_prepare_t *handle)
{
    run_posted(handle->data);
}

static void on_after_wait(uv_check_t *handle)
{
    run_posted(handle->data);
}

static void *loop_main(void *arg)
{
    struct loop *loop = arg;
    current = loop;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    return NULL;
}

static int open_handles(struct loop *loop)
{
    int failed = uv_loop_init(&loop->uv);
    if (failed)
        return failed;
    failed = uv_async_init(&loop->uv, &loop->wake, on_wake);
    if (failed) {
        uv_loop_close(&loop->uv);
        return failed;
    }
    uv_prepare_init(&loop->uv, &loop->before_wait);
    uv_check_init(&loop->uv, &loop->after_wait);
    loop->before_wait.data = loop;
    loop->after_wait.data = loop;
    uv_prepare_start(&loop->before_wait, on_before_wait);
    uv_check_start(&loop->after_wait, on_after_wait);
    return 0;
}

static void loop_free(struct loop *loop)
{
    uv_loop_close(&loop->uv);
    pthread_mutex_destroy(&loop->mutex);
    mem_free(loop);
}

struct loop *loop_start(struct err *err)
{
    struct loop *loop = mem_alloc(sizeof(*loop));
    loop->last = &loop->first;
    int failed = open_handles(loop);
    if (failed) {
        err_set(err, EXIT_INTERNAL, "cannot start the event loop: %s", uv_strerror(failed));
        mem_free(loop);
        return NULL;
    }
    pthread_mutex_init(&loop->mutex, NULL);
    failed = thread_start(&loop->thread, loop_main, loop, "loop");
    if (failed) {
        err_set(err, EXIT_INTERNAL, "cannot start the thread of the event loop: %s",
                uv_strerror(-failed));
        uv_walk(&loop->uv, close_handle, loop);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
        loop_free(loop);
        return NULL;
    }
    return loop;
}

void loop_stop(struct loop *loop)
{
    if (!loop)
        return;
    pthread_mutex_lock(&loop->mutex);
    loop->closing = true;
    pthread_mutex_unlock(&loop->mutex);
    uv_async_send(&loop->wake);
    pthread_join(loop->thread, NULL);
    loop_free(loop);
}

void loop_post(struct loop *loop, struct loop_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&loop->mutex);
    /* Whoever posted first has sent the wake-up, and the loop's own thread comes by before it
     * waits again. */
    bool wake = loop->first == NULL && current != loop;
    *loop->last = task;
    loop->last = &task->next;
    pthread_mutex_unlock(&loop->mutex);
    if (wake)
        uv_async_send(&loop->wake);
}

static void on_timer(uv_timer_t *handle)
{
    struct loop_timer *timer = handle->data;
    timer->fn(timer->arg);
}

struct loop_timer *loop_timer_create(struct loop *loop, void (*fn)(void *arg), void *arg)
{
    struct loop_timer *timer = mem_alloc(sizeof(*timer));
    timer->fn = fn;
    timer->arg = arg;
    uv_timer_init(&loop->uv, &timer->handle);
    timer->handle.data = timer;
    return timer;
}

void loop_timer_start(struct loop_timer *timer, uint64_t ms)
{
    /* The loop's clock stands still while callbacks run. */
    uv_update_time(timer->handle.loop);
    uv_timer_start(&timer->handle, on_timer, ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->handle);
}

void loop_timer_destroy(struct loop_timer *timer)
{
    if (timer && !uv_is_closing((uv_handle_t *)&timer->handle))
        uv_close((uv_handle_t *)&timer->handle, free_handle);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct loop_watch *watch = handle->data;
    int what = 0;
    if (status < 0) {
        watch->events = 0; /* libuv has stopped it */
        what = LOOP_ERROR;
    }
    if (events & UV_READABLE)
        what |= LOOP_READ;
    if (events & UV_WRITABLE)
        what |= LOOP_WRITE;
    watch->fn(watch->arg, watch->fd, what);
}

struct loop_watch *loop_watch_create(struct loop *loop, int fd,
                                     void (*fn)(void *arg, int fd, int events), void *arg)
{
    struct loop_watch *watch = mem_alloc(sizeof(*watch));
    watch->fd = fd;
    watch->fn = fn;
    watch->arg = arg;
    if (uv_poll_init(&loop->uv, &watch->handle, fd) != 0) {
        mem_free(watch);
        return NULL;
    }
    watch->handle.data = watch;
    return watch;
}

void loop_watch_set(struct loop_watch *watch, int events)
{
    int what = 0;
    if (events == watch->events)
        return;
    watch->events = events;
    if (events & LOOP_READ)
        what |= UV_READABLE;
    if (events & LOOP_WRITE)
        what |= UV_WRITABLE;
    if (what)
        uv_poll_start(&watch->handle, what, on_poll);
    else
        uv_poll_stop(&watch->handle);
}

void loop_watch_destroy(struct loop_watch *watch)
{
    if (!watch || uv_is_closing((uv_handle_t *)&watch->handle))
        return;
    uv_poll_stop(&watch->handle);
    uv_close((uv_handle_t *)&watch->handle, free_handle);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct loop_signal *s = handle->data;
    s->fn(s->arg, signum);
}

/* One call of loop_on_signal, which waits for its end. */
struct signal_request {
    struct loop_task task;
    struct loop *loop;
    struct loop_signal *signal;
    int signum;
    int failed;
    sem_t done;
};

static void start_signal(struct loop_task *task)
{
    struct signal_request *r = (struct signal_request *)task;
    uv_signal_init(&r->loop->uv, &r->signal->handle);
    r->signal->handle.data = r->signal;
    r->failed = uv_signal_start(&r->signal->handle, on_signal, r->signum);
    if (r->failed)
        uv_close((uv_handle_t *)&r->signal->handle, free_handle);
    sem_post(&r->done);
}

int loop_on_signal(struct loop *loop, int signum, void (*fn)(void *arg, int signum), void *arg,
                   struct err *err)
{
    struct signal_request r = {.task.fn = start_signal, .loop = loop, .signum = signum};
    r.signal = mem_alloc(sizeof(*r.signal));
    r.signal->fn = fn;
    r.signal->arg = arg;
    sem_init(&r.done, 0, 0);
    if (current == loop) {
        start_signal(&r.task);
    } else {
        loop_post(loop, &r.task);
        while (sem_wait(&r.done) != 0)
            continue;
    }
    sem_destroy(&r.done);
    if (r.failed)
        return err_set(err, EXIT_INTERNAL, "cannot watch for signal %d: %s", signum,
                       uv_strerror(r.failed));
    return 0;
}
