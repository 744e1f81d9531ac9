/* SPDX-License-Identifier: MIT */
#pragma once

#include <pthread.h>

#include "io/child_internal.h"
#include "io/python.h"

struct python_waiter {
    bool has_turn;
    struct python_waiter *next;
};

struct python {
    struct python_setup setup; /* with no zeros; the program is in the file */
    int program;               /* file in memory */
    pthread_mutex_t mutex;     /* everything below, and of data what says so */
    pthread_cond_t changed;
    struct child *child; /* the sandbox; NULL: none */
    int control;         /* to the server, -1: none */
    uint64_t server;     /* how many there have been */
    uint32_t running;
    struct python_waiter *waiters; /* in the order in which they came */

    /* For runs whose source names one of the program's slow packages: another server, which has
     * imported them. Made when the first such run comes, and used for no other run, so that what a
     * run finds imported follows from its source. */
    char *slow; /* their names, each with a blank before it */
    struct python *full;
    bool imports; /* this is that one */

    /* Data that a process has read, the last used first. */
    struct python_data *loaded;
    size_t loaded_count, loaded_bytes;
};

struct python_data {
    struct python *python;
    int file; /* in memory */
    size_t size;
    pthread_mutex_t mutex; /* held while it is being read */
    /* With the python's mutex: */
    int control;     /* to the process that has read it, -1: none */
    uint64_t server; /* which one made that process */
    struct python_data *next;
    struct python_data
        *full; /* the same for python->full; with that of `python`, NULL: not wanted */
};

/* python_file.c: a file in memory that nobody can change any more; -1 with errno. */
int python_file(struct str text);
/* Sends words and descriptors in one message; 0 or an errno. */
int python_send(int control, const char *words, const int *fds, size_t count);
/* A pair of sockets that keep messages apart; 0 or an errno. */
int python_sockets(int out[2]);
/* Waits for "ready"; more (NULL is fine) gets what follows the word. EXIT_PLUGIN with what it says
 * instead; EXIT_UNAVAILABLE when it says nothing. */
int python_await(int control, struct buf *more, struct err *err);

/* python.c: where a run of the source is to come from. *data may be NULL. */
void python_choose(struct python **python, struct python_data **data, struct str source);

/* python_server.c, with the mutex held: there is a server after it. */
int python_serve(struct python *python, struct err *err);
void python_stop(struct python *python);
void python_bury(struct python *python); /* stops a server that has ended, or is about to */
/* With the mutex held: lets go of the process that has read the data. */
void python_forget(struct python_data *data);
/* Sends a run's words to the server, or to the process that has its data. PYTHON_CANNOT_READ when
 * load() refuses that. */
#define PYTHON_CANNOT_READ EXIT_THRESHOLD
int python_dispatch(struct python *python, struct python_data *data, const char *words,
                    const int *fds, size_t count, struct err *err);
