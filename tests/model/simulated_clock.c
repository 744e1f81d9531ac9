/* SPDX-License-Identifier: MIT */
#include "simulated_clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL
#define SLICE_MS 1

static uint64_t own_offset_us, *offset_us = &own_offset_us;
static bool follows;

void simulated_clock_advance(uint64_t us)
{
    __atomic_add_fetch(offset_us, us, __ATOMIC_SEQ_CST);
}

uint64_t simulated_clock_offset(void)
{
    return __atomic_load_n(offset_us, __ATOMIC_SEQ_CST);
}

void simulated_clock_follow(uint64_t *shown_us)
{
    offset_us = shown_us;
    follows = true;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    long result = syscall(SYS_clock_gettime, id, out);
    if (result != 0 || id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID)
        return (int)result;
    long long ns = out->tv_nsec + (long long)simulated_clock_offset() * 1000;
    out->tv_sec += (time_t)(ns / NS);
    out->tv_nsec = (long)(ns % NS);
    return 0;
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_once(int fd, struct epoll_event *events, int most, int ms, const sigset_t *mask)
{
    return (int)syscall(SYS_epoll_pwait, fd, events, most, ms, mask, (size_t)(_NSIG / 8));
}

/* Nothing has come for a slice: whatever is to happen next is what this wait would end with. */
static void follow(long long left_ms)
{
    if (follows && left_ms > 0)
        simulated_clock_advance((uint64_t)left_ms * 1000);
}

/* Waits in short slices, because the clock may have been moved meanwhile. */
int epoll_pwait(int fd, struct epoll_event *events, int most, int ms, const sigset_t *mask)
{
    long long end = now_ms() + ms;
    for (;;) {
        int slice = ms < 0 || ms > SLICE_MS ? SLICE_MS : ms;
        int got = wait_once(fd, events, most, slice, mask);
        if (got != 0 || (ms >= 0 && now_ms() >= end))
            return got;
        if (ms > 0)
            follow(end - now_ms());
    }
}

int epoll_wait(int fd, struct epoll_event *events, int most, int ms)
{
    return epoll_pwait(fd, events, most, ms, NULL);
}

/* Of condition variables that wait by CLOCK_MONOTONIC. A slice that is over looks like a wake-up
 * for no reason. */
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                           const struct timespec *until)
{
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    struct timespec slice;
    if (!__atomic_load_n(&real, __ATOMIC_RELAXED))
        __atomic_store_n((void **)(void *)&real, dlsym(RTLD_NEXT, "pthread_cond_timedwait"),
                         __ATOMIC_RELAXED);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &slice);
    slice.tv_nsec += SLICE_MS * 1000000;
    slice.tv_sec += slice.tv_nsec / NS;
    slice.tv_nsec %= NS;
    int got = real(cond, mutex, &slice);
    return got == ETIMEDOUT && now_ms() < until->tv_sec * 1000 + until->tv_nsec / 1000000 ? 0 : got;
}
