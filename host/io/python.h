/* SPDX-License-Identifier: MIT */
/*
 * Python that a model wrote, in the sandbox (sandbox.h). One interpreter, the server, stays warm in
 * a sandbox of its own; it never sees such code. Every run is forked from it and enters namespaces,
 * an empty /tmp and a filter of system calls before the code begins (python/box.py). docs/python.md
 * says why, and what it holds back.
 *
 * All functions may be called by any thread. They wait; use them on worker threads.
 */
#pragma once

#include "base/err.h"

struct python_setup {
    struct str program;  /* the caller's Python, trusted: defines load(bytes) and run(str, value) */
    uint64_t max_memory; /* bytes of address space of a run, 0: 2 GiB */
    uint64_t max_files;  /* bytes in /tmp, 0: 64 MiB */
    uint64_t max_result; /* bytes, 0: 1 MiB */
    uint32_t max_parallel; /* runs at once, 0: the number of processors, at least 2 */
};

/* Starts the server, executes the program and tries run("", None); one like the last that was tried
 * in this process is started by its first run. EXIT_UNAVAILABLE, with what is missing, where there
 * can be no sandbox or no Python; EXIT_PLUGIN when the program fails. */
struct python;
int python_open(const struct python_setup *setup, struct python **out, struct err *err);
/* No run is going on, and no data is held. NULL is fine. */
void python_close(struct python *python);

/* Keeps a copy of the data, which load() reads once, at the first run that wants it; and again if
 * it had to make room for others' in between. Not released after its python is closed. */
struct python_data;
int python_hold(struct python *python, struct str data, struct python_data **out, struct err *err);
void python_release(struct python_data *data); /* NULL is fine */

enum python_end {
    PYTHON_DONE,
    PYTHON_LEFT,    /* the interpreter ended before the end of run(); status */
    PYTHON_LATE,    /* ended by the limit of time */
    PYTHON_LONG,    /* ended because it wrote more than max_result */
    PYTHON_GARBLED, /* what it wrote as its result is none, or not UTF-8 */
    PYTHON_CROWDED, /* ended because of too many threads */
    PYTHON_UNREAD,  /* load() could not read the data; text says why */
};

struct python_run {
    struct str source;
    struct python_data *data; /* NULL: none */
    uint32_t
        timeout_ms; /* of processor time, rounded up to seconds, 0: 30,000; twice by the clock */
    const volatile int *cancelled; /* NULL: never */
};

struct python_result {
    enum python_end end;
    int status; /* of PYTHON_LEFT: exit status, or 128 + signal */
    uint32_t cpu_ms;
    struct buf text; /* of PYTHON_DONE and PYTHON_UNREAD; the caller frees it */
};

/* Waits for its turn and runs it; everything of it is gone when this returns. EXIT_UNAVAILABLE when
 * it could not be run by no fault of its own, EXIT_SIGINT when cancelled. */
int python_run(struct python *python, const struct python_run *run, struct python_result *out,
               struct err *err);
