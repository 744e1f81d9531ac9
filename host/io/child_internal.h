/* SPDX-License-Identifier: MIT */
/* What the sandbox asks of a child beyond what anyone may. Worker threads. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "io/child.h"

#define CHILD_MAX_EXTRA 3

/* As child_open, with more descriptors: seen as 3, 4, ...; they stay the caller's. */
int child_open_extra(const struct child_request *request, const int *fds, size_t fd_count,
                     struct child **out, struct err *err);
/* As child_open, with a terminal, which stays the caller's, as its input, output and errors. */
int child_open_terminal(const struct child_request *request, int terminal, struct child **out,
                        struct err *err);
pid_t child_pid(const struct child *child);
/* Closes its input when that is written, waits for its end or timeout_ms, and ends it. */
void child_finish(struct child *child, struct child_result *out);

/* guard.c: a thread that looks at the guarded every 100 ms, or more rarely if that would take
 * over a twentieth of a processor, and kills whose descendants are too many or too large. */
#define GUARD_THREADS_EACH 32

struct guard_limits {
    uint32_t max_processes; /* of descendants; and GUARD_THREADS_EACH times as many threads */
    uint64_t max_memory;    /* bytes of all descendants, without what is mapped from files */
};

enum guard_cause { GUARD_NONE, GUARD_PROCESSES, GUARD_THREADS, GUARD_MEMORY };

struct guard {
    pid_t pid;
    int pidfd; /* the caller's, open until guard_remove; a death is not a reason to remove it */
    struct guard_limits limits;
    enum guard_cause cause; /* atomic: why it was killed */
    struct guard *next, **link;
};

int guard_add(struct guard *guard, struct err *err);
void guard_remove(struct guard *guard); /* one that was not added is fine */

/* Puts a child, whose own child `inner` is the init process of a pid namespace, under guard. When
 * the child ends, everything in the namespace is gone. Without an inner any more it does nothing.
 */
int child_guard(struct child *child, pid_t inner, const struct guard_limits *limits,
                struct err *err);

/* spawn.c: starts the program in a session of its own, with the given descriptors as 0, 1, 2 and
 * on, and no other. Returns the pid, or -1 with errno, also that of a failed exec. */
struct spawn {
    const char *const *argv;
    const char *const *env;
    const char *cwd;
    int fds[3 + CHILD_MAX_EXTRA];
    size_t fd_count;
};
pid_t spawn_start(const struct spawn *spawn);

/* spawner.c: what `start` returns, with its errno, run by the one thread whose end children share:
 * it ends with the program. */
pid_t spawner_run(pid_t (*start)(const void *arg), const void *arg);
bool spawner_is_running(void);
