/* SPDX-License-Identifier: MIT */
/* What the sandbox asks of a child beyond what anyone may. */
#pragma once

#include <sys/types.h>

#include "io/child.h"

#define CHILD_MAX_EXTRA 3

struct child_extra {
    int fds[CHILD_MAX_EXTRA]; /* seen as 3, 4, ...; they stay the caller's */
    size_t fd_count;
    uint32_t max_processes; /* below the child; more end it. 0: no limit */
};

int child_run_extra(const struct child_request *request, const struct child_extra *extra,
                    struct child_result *out, struct err *err);
int child_open_extra(const struct child_request *request, const struct child_extra *extra,
                     struct child **out, struct err *err);

/* spawn.c: starts the program in a session of its own, with the given descriptors as 0, 1, 2 and
 * on, and no other. Returns the pid, or -1 with errno. */
struct spawn {
    const char *const *argv;
    const char *const *env;
    const char *cwd;
    int fds[3 + CHILD_MAX_EXTRA];
    size_t fd_count;
};
pid_t spawn_start(const struct spawn *spawn);
