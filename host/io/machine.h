/* SPDX-License-Identifier: MIT */
/*
 * A machine: a private root file system that can be written to, several users, its own processes,
 * network (none but its own loopback), host name and IPC, in which commands run one after the
 * other and a shell lives on between them. Nothing of it is on disk; all of it is gone when it is
 * closed, when a limit that concerns it as a whole is passed, and when this program ends, however
 * that happens. docs/machine.md says how it is made and what it holds back.
 *
 * A machine can be left to a container engine instead; machine_container.c says how.
 *
 * A machine is used by one thread at a time, any thread.
 */
#pragma once

#include "io/child.h"

struct machine_request {
    const char *engine;        /* NULL: none, the machine is made here; else "docker" or "podman" */
    const char *image;         /* with an engine: the root; NULL with podman: the one layer */
    const char *const *layers; /* folders, the lowest first, ended by NULL; NULL or none: a small
                                  system from this one's own /usr */
    uint64_t max_memory;       /* bytes of all processes together, 0: 1 GiB */
    uint64_t max_disk;         /* bytes that can be written, 0: 512 MiB */
    uint32_t max_processes;    /* 0: 256 of one user; twice as many together */
};

/* EXIT_UNAVAILABLE when the machine cannot be made, with what is missing; EXIT_CONFIG for a layer
 * that is no folder. */
struct machine;
int machine_open(const struct machine_request *request, struct machine **out, struct err *err);
void machine_close(struct machine *machine); /* NULL is fine */

/* Why there are no more commands, and what is told then instead of running them. */
enum machine_end {
    MACHINE_RUNS,
    MACHINE_OVER_LIMIT, /* its processes took too much; status is 137, `err` says of what */
};

struct machine_result {
    int status; /* exit status, or 128 + signal */
    bool timed_out;
    bool truncated;
    enum machine_end end;
    struct buf out;
    struct buf err;
};
void machine_result_clear(struct machine_result *result);

struct machine_command {
    const char *const *argv; /* found in PATH inside; standard input is empty */
    uint32_t timeout_ms;     /* 0: 30,000; then it is killed with its process group */
    size_t max_output;       /* each stream, 0: 1 MiB; what is more is read and dropped */
};

/* Runs a command as root, in /root, to the end of its main process. What it leaves in the
 * background lives on. EXIT_UNAVAILABLE if the machine has ended by no fault of its processes. */
int machine_run(struct machine *machine, const struct machine_command *command,
                struct machine_result *out, struct err *err);

/* Types a text into the machine's login shell, begun at first use, and waits for its next prompt.
 * out: the raw bytes that its terminal showed meanwhile. Over timeout_ms (0: 30,000): timed_out;
 * what comes later belongs to nothing. When the shell has ended: empty output, status 0. */
int machine_shell(struct machine *machine, struct str text, uint32_t timeout_ms, size_t max_output,
                  struct machine_result *out, struct err *err);
