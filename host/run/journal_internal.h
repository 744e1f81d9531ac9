/* SPDX-License-Identifier: MIT */
/* Shared by journal.c, and journal_finish.c, which writes the file in the order of its places. */
#pragma once

#include <pthread.h>

#include "base/map.h"
#include "run/journal.h"
#include "run/spool.h"

#define JOURNAL_SCHEMA "{\"schema\": \"grasp-host/journal\""
#define JOURNAL_HEADER JOURNAL_SCHEMA ", \"v\": 1}\n"
#define KEY_PREFIX "{\"k\": \""
#define MAPPED_AT_ONCE (4u << 20)

struct line {
    struct str key; /* as written, with its escapes */
    struct str text;
    bool used; /* atomic: this process has asked for it */
};

struct journal {
    char *path;
    int fd;

    /* what an earlier process left; read-only */
    char *mapped;
    size_t mapped_size;
    struct map found; /* key as written -> struct line */
    struct line *lines;
    size_t inherited_size; /* of its complete lines */

    pthread_mutex_t mutex;
    pthread_cond_t changed; /* a thread has written or handed over */
    pthread_cond_t close;   /* wakes the syncer before its time */
    pthread_t syncer;
    bool syncer_runs;
    struct spool spool;
    bool handed_at_once; /* an appended line is in the system's hands */
    uint64_t tick;
    bool handing_over; /* the active area, to the system */
    bool writing;      /* what the spool gave out, to the journal */
    bool dirty;
    bool closing;
    bool finished; /* what is appended now is of no run */
    int failed_errno;

    /* Are the lines in the order of their places so far, and each place there once? */
    bool in_order;
    struct buf last_key;
    struct buf gathered;

    struct prefixes {
        char **items;
        size_t count, capacity;
    } forgotten, settled;
};

/* All lines are in the file, and from now on nothing is written to it or to the spool. */
void journal_end(struct journal *journal);
/* Its key; false if it is no line of a journal. text: without the line's end. */
bool journal_line_split(struct str text, struct line *out);
/* Maps the file at journal->fd and finds its lines: *out_count of them in journal->lines, the last
 * complete one ends at *out_end. Lines from `trusted` on were written by this process and are not
 * checked. */
int journal_map(struct journal *journal, size_t trusted, size_t *out_end, size_t *out_count,
                struct err *err);
/* A mapped file that is gone through once need not stay in memory. */
void journal_release(const char *data, size_t from, size_t to);
