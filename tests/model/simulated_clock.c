/* SPDX-License-Identifier: MIT */
#include "simulated_clock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL
#define SLICE_MS 1

static uint64_t offset_us;

void simulated_clock_advance(uint64_t us)
{
    __atomic_add_fetch(&offset_us, us, __ATOMIC_SEQ_CST);
}

uint64_t simulated_clock_offset(void)
{
    return __atomic_load_n(&offset_us, __ATOMIC_SEQ_CST);
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

/* Waits in short slices, because the clock may have been moved meanwhile. */
int epoll_pwait(int fd, struct epoll_event *events, int most, int ms, const sigset_t *mask)
{
    long long end = now_ms() + ms;
    for (;;) {
        int slice = ms < 0 || ms > SLICE_MS ? SLICE_MS : ms;
        int got = wait_once(fd, events, most, slice, mask);
        if (got != 0 || (ms >= 0 && now_ms() >= end))
            return got;
    }
}

int epoll_wait(int fd, struct epoll_event *events, int most, int ms)
{
    return epoll_pwait(fd, events, most, ms, NULL);
}
