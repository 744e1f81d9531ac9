/* SPDX-License-Identifier: MIT */
#pragma once

#include "io/child_internal.h"
#include "io/machine.h"
#include "io/machine/wire.h"

#define MACHINE_TIMEOUT_MS 30000
#define MACHINE_OUTPUT (1u << 20)

struct machine {
    struct machine_container *container; /* NULL: the machine is our own */

    struct child *child; /* the parent of init */
    int control;         /* -1 with a container */
    uint32_t next_id;

    /* machine_shell.c */
    uint32_t shell_id; /* 0: not begun */
    int terminal;      /* -1: none, or ended */
    struct buf screen; /* what it showed and nobody has taken */

    bool gone;
};

/* Sends a request with its words. EXIT_UNAVAILABLE if there is no init any more. */
int machine_send(struct machine *machine, enum wire_type type, uint32_t id, const char *const *argv,
                 const char *const *env, const int *fds, size_t fd_count, struct err *err);
/* The next message; *fd: what came with it, or -1. */
int machine_receive(struct machine *machine, struct wire_header *header, int *fd, struct err *err);
/* Whether the error of a call was that the machine went over a limit; then it is in `out`. */
bool machine_told_end(struct machine *machine, struct machine_result *out);
uint64_t machine_now_ms(void);

/* machine_container.c */
int container_open(struct machine *machine, const struct machine_request *request, struct err *err);
int container_run(struct machine *machine, const struct machine_command *command,
                  struct machine_result *out, struct err *err);
/* EXIT_UNAVAILABLE if the container is gone. */
int container_check(struct machine *machine, struct err *err);
int container_begin_shell(struct machine *machine, struct err *err);
void container_close(struct machine_container *container);
