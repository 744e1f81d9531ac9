/* SPDX-License-Identifier: MIT */
/* Threads that leave the program's signals to the main thread. */
#pragma once

#include <pthread.h>
#include <signal.h>

/* A named thread with all signals blocked but those of faults; 0 or an errno. */
int thread_start(pthread_t *out, void *(*fn)(void *arg), void *arg, const char *name);

/* The same mask for threads that a library starts: between mask and unmask. */
void thread_mask(sigset_t *out_old);
void thread_unmask(const sigset_t *old);
