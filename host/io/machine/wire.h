/* SPDX-License-Identifier: MIT */
/* What the host and the init process of a machine say to each other, over a stream socket between
 * them. A header, then `length` bytes; descriptors travel with a header's first byte. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX (2u << 20)
#define WIRE_FDS 2

enum wire_type {
    /* To init. `id` is the host's number of a command. */
    WIRE_RUN,   /* words: how many are arguments, then arguments and environment, each with its NUL;
                   descriptors: standard output and error */
    WIRE_SHELL, /* the same; init makes the terminal */
    WIRE_KILL,  /* the command and its process group */

    /* From init. */
    WIRE_STARTED,  /* value: init's process id as the host sees it; before anything is set up */
    WIRE_READY,    /* value: 1 if the ids inside are others outside */
    WIRE_FAILED,   /* the reason */
    WIRE_TERMINAL, /* one descriptor: the shell's terminal */
    WIRE_EXITED,   /* value: exit status, or 128 + signal */
};

struct wire_header {
    uint32_t type;
    uint32_t id;
    int32_t value;
    uint32_t length;
};

/* Both return 0, or -1 with errno; a closed socket is EPIPE. fds of wire_receive: WIRE_FDS places,
 * filled with -1 where nothing came, close-on-exec; the caller's to close. data: room for
 * `room` bytes. */
int wire_send(int socket, const struct wire_header *header, const void *data, const int *fds,
              size_t fd_count);
int wire_receive(int socket, struct wire_header *header, void *data, size_t room, int *fds);
