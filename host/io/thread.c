/* SPDX-License-Identifier: MIT */
#include "io/thread.h"

#include <signal.h>
#include <stdio.h>

void thread_mask(sigset_t *out_old)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    sigset_t mask;
    sigfillset(&mask);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        sigdelset(&mask, faults[i]);
    pthread_sigmask(SIG_SETMASK, &mask, out_old);
}

void thread_unmask(const sigset_t *old)
{
    pthread_sigmask(SIG_SETMASK, old, NULL);
}

int thread_start(pthread_t *out, void *(*fn)(void *arg), void *arg, const char *name)
{
    char short_name[16];
    pthread_t thread;
    sigset_t old;
    thread_mask(&old);
    int failed = pthread_create(&thread, NULL, fn, arg);
    thread_unmask(&old);
    if (failed)
        return failed;
    snprintf(short_name, sizeof(short_name), "%s", name);
    pthread_setname_np(thread, short_name);
    *out = thread;
    return 0;
}
