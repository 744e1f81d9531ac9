/* SPDX-License-Identifier: MIT */
/*
 * Child processes with limits: run to the end, or a session that is talked to. The caller waits;
 * use it on worker threads. A child is used by one thread at a time, any thread.
 *
 * A child inherits nothing: no descriptors, no environment, no handlers, no terminal. At its end,
 * its limit and child_close it is killed with its whole process group. What leaves its group
 * (setsid) is out of reach here; nothing is out of reach in a sandbox (sandbox.h).
 *
 * It also dies with this program, however that ends. Which thread opens it, talks to it or closes
 * it does not matter; episodes may move between workers.
 */
#pragma once

#include "base/err.h"

struct child_request {
    const char *const *argv; /* absolute path first, ended by NULL */
    const char *const *env;  /* "NAME=value", ended by NULL; the child gets nothing else */
    const char *cwd;         /* NULL: the present one */
    struct str input;
    uint32_t timeout_ms; /* 0: 10,000 */
    size_t max_output;   /* each stream, 0: 1 MiB; what is more is read and dropped */
};

/* Filled on success; the caller frees the texts. */
struct child_result {
    int status; /* exit status, or 128 + signal; -1: child_exchange left it running */
    bool timed_out;
    bool truncated;
    struct buf out;
    struct buf err;
};

/* To its end or timeout_ms. EXIT_CONFIG or EXIT_PERMISSION when the program cannot be started. */
int child_run(const struct child_request *request, struct child_result *out, struct err *err);

/* Starts it; request and what it points to may go afterwards. Its input stays open. */
struct child;
int child_open(const struct child_request *request, struct child **out, struct err *err);
/* Writes input and reads until the output holds `until` (cut off; what comes behind it is for the
 * next exchange), timeout_ms are over (0: those of the request; the child lives on) or the end
 * (status; also of later exchanges). An empty `until` waits for one of the latter two. */
int child_exchange(struct child *child, struct str input, struct str until, uint32_t timeout_ms,
                   struct child_result *out, struct err *err);
void child_close(struct child *child); /* kills and reaps; NULL is fine */
