/* SPDX-License-Identifier: MIT */
/*
 * The program that becomes a machine: a process in namespaces of its own, root in a user namespace
 * with all ids, whose root is an overlay that nobody else sees. Single-threaded, linked
 * statically, run from a sealed memory file; io/machine.c starts it and tells it what to run.
 *
 * bubblewrap cannot make such a place: it always sets no_new_privs and mounts with nosuid, so that
 * su and sudo do not work, and it mounts no overlays before 0.11.
 *
 * Everything here ends the program with a reason (box_fail) when it does not succeed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BOX_LAYERS 8
#define BOX_CONTROL 3 /* the socket to the host */

struct box {
    const char *layers[BOX_LAYERS]; /* the lowest first; none: from the system's own /usr */
    int layer_fds[BOX_LAYERS];      /* detached mounts */
    unsigned layer_count;
    bool system; /* layers are made from the system's */
    uint64_t max_disk;
    uint64_t max_memory;
    uint64_t max_processes;
    const char *hostname;
    bool shifted; /* ids inside are others outside */
};

__attribute__((format(printf, 1, 2), noreturn)) void box_fail(const char *format, ...);

/* ids.c: before and after the new process exists, on the side of its parent. */
bool ids_write(pid_t pid, bool shifted); /* false: the shifted ids cannot be had */
/* Clones of the layers that show the files' ids through the namespace of `pid`; false where the
 * kernel or the file system cannot do that. */
bool ids_map_layers(struct box *box, pid_t pid);

/* root.c: in the new namespaces. Makes the root and enters it. */
void root_enter(struct box *box);
/* small_root.c: fills a folder with what a system needs besides /usr. */
void small_root_fill(const char *folder);

/* mounts.c: /proc and /dev below the folder. empty: where an empty folder can be made. */
void mounts_make(const char *root, const char *empty);

/* init.c: as process 1; never returns. */
__attribute__((noreturn)) void init_run(const struct box *box);

/* process.c: starts what a RUN or SHELL asks for. data: its words. fds: standard output and error,
 * for a shell the terminal's other side is put into fds[0]. Returns the pid or -1 with errno. */
pid_t process_start(const struct box *box, bool shell, uint32_t argument_count, char *data,
                    size_t len, int *fds);
