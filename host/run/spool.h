/* SPDX-License-Identifier: MIT */
/*
 * Lines on their way to the journal. They survive the process in a file of fixed size that is used
 * again and again, and go to the journal many at a time and in the order of their places. Two areas
 * take turns: one fills up while lines of the other are written.
 *
 * Where the file system keeps the promise that room is there, the file is mapped, and a line is in
 * the system's hands as soon as it was added; elsewhere once it was handed over.
 *
 * The caller locks; only spool_hand_over and the lines of the area that spool_turn gave out are
 * used without the lock.
 */
#pragma once

#include "base/str.h"

struct spool_line {
    struct str key;  /* as written, with its escapes */
    struct str text; /* with the line's end */
    uint64_t tick;   /* the caller's, of when it was added */
    uint64_t sum;
};

struct spool_area {
    struct buf text; /* as it is in the file, or the mapped file itself */
    size_t handed;   /* of it, to the system */
    struct spool_line *lines;
    size_t count, capacity;
};

struct spool {
    char *path;
    int fd; /* -1: there is no file, and lines are in memory only */
    char *mapped;
    uint64_t generation;
    unsigned active; /* the area that lines are added to */
    struct spool_area areas[2];
};

/* The order of places: by their parts between slashes, and numbers in these by their value. */
int place_order(struct str a, struct str b);

/* Each line that a process left at path, in the order in which it was added; some of them may be
 * in the journal. What is torn is left out. false with errno if the file cannot be read;
 * EPROTONOSUPPORT if another version has written it. */
bool spool_recover(const char *path, void (*fn)(void *arg, struct str key, struct str text),
                   void *arg);

/* Begins an empty file there. */
void spool_open(struct spool *spool, const char *path);
/* remove: all of it is in the journal. */
void spool_close(struct spool *spool, bool remove);

/* Does a line fit in an empty area? */
bool spool_takes(struct str place, struct str members);
/* Adds `{"k": <place>, <members>}`. false if it does not fit now: spool_turn makes room. */
bool spool_add(struct spool *spool, struct str place, struct str members, uint64_t tick);
static inline struct spool_area *spool_area(struct spool *spool)
{
    return &spool->areas[spool->active];
}
static inline bool spool_is_mapped(const struct spool *spool)
{
    return spool->mapped != NULL;
}

/* Hands `len` bytes of the area's text from area->handed on to the system; 0 or errno. The area
 * must stay the active one meanwhile. */
int spool_hand_over(const struct spool *spool, const struct spool_area *area, size_t len);

/* Makes the other area the active one; it must be done with. Lines of the old one, sorted or as
 * they came, are the caller's to write: the first *out_count. The last ones, `keep` bytes at most
 * and of no tick before `since`, are moved to the new one. All of both is in the system's hands.
 * NULL with errno if that failed. */
const struct spool_area *spool_turn(struct spool *spool, bool sort, size_t keep, uint64_t since,
                                    size_t *out_count);
