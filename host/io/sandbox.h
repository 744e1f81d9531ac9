/* SPDX-License-Identifier: MIT */
/*
 * Commands in bubblewrap: no network, own pid, ipc, uts and user namespaces, the system's
 * programs read-only, private /tmp, /home, /etc and /dev/shm, one writable folder as /work. What
 * child.h says of children holds here; besides, when a command ends, its limit of time is reached
 * or its session is closed, every process that it started is gone before the call returns.
 *
 * All processes of a sandbox together may use max_together, and max_memory more in files
 * below /tmp; who goes beyond that, or beyond max_processes, is ended with status 137 and a line
 * in `err` that says why (guard.c looks every 100 ms, also at sessions that nobody talks to).
 *
 * Makes this process a subreaper: orphans of its children become its children.
 */
#pragma once

#include "io/child.h"

struct sandbox_request {
    const char *const *argv; /* found in PATH inside the sandbox */
    const char *const *env;  /* added to PATH and LANG=C.UTF-8; may be NULL */
    const char *folder;      /* absolute path, seen as /work; NULL for none */
    struct str input;
    uint32_t timeout_ms;
    size_t max_output;
    const int *fds; /* seen as 4, 5, ... inside; they stay the caller's */
    size_t fd_count;
    uint64_t max_memory;    /* bytes of address space per process, 0: 256 MiB */
    uint64_t max_together;  /* bytes of all processes, 0: four times max_memory */
    uint32_t max_processes; /* 0: 64 */
};

/* EXIT_UNAVAILABLE with a text that names the package when there is no bubblewrap, or when the
 * kernel does not let it make namespaces. */
int sandbox_check(struct err *err);
/* As child_run and child_open; both first do the check. */
int sandbox_run(const struct sandbox_request *request, struct child_result *out, struct err *err);
int sandbox_open(const struct sandbox_request *request, struct child **out, struct err *err);
/* Threads of this process that start children and look after sandboxes; they stay when the last one
 * is gone. */
size_t sandbox_threads(void);
