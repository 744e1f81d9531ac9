/* SPDX-License-Identifier: MIT */
/*
 * Child processes of a sweep: the program itself with other arguments, its output in a log. They
 * have a process group of their own, so that a Ctrl-C reaches the sweep alone, and die with it.
 * Variables GRASP_HOST_* are options of the sweep and not passed on; all others are, keys too.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* argv: without the program, ended by NULL. What it writes is appended to log; to standard error,
 * to errors, unless that is NULL. Only from the main thread of a process with no other thread. */
int sweep_process_start(const char *const *argv, const char *log, const char *errors, pid_t *out,
                        struct err *err);
/* Another program of the PATH, argv[0], to its end or timeout_s; what it writes to standard output
 * goes to `out`, to standard error to `errors`. Returns the exit status (127 if it cannot be
 * started), 128 + signal, or -1 for a timeout. */
int sweep_tool_run(const char *const *argv, double timeout_s, struct buf *out, struct buf *errors);
/* To the whole group. */
void sweep_process_kill(pid_t pid, int signum);
/* The last lines of a log, of at most so many bytes. */
void sweep_log_tail(const char *log, size_t lines, struct buf *out);
