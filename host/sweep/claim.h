/* SPDX-License-Identifier: MIT */
/*
 * Who works on a cell, agreed upon by files alone. Claim N of a cell is the file claim.N in its
 * state folder, which link() makes whole and at most once, on network file systems too. Its owner
 * writes a growing number into it every few seconds, and end.N when its process has ended. A claim
 * without an end is void when its owner is seen to be dead (the same machine and boot), or when the
 * number has stood still for the claim timeout by the watcher's own clock, so that clocks need not
 * agree. Whoever makes claim N+1 then has the cell; an owner that comes back finds it and gives up.
 */
#pragma once

#include "sweep/folder.h"

#define CLAIM_BEAT_S 3

enum cell_end {
    CELL_DONE,
    CELL_MISSING, /* done, with samples missing */
    CELL_STOPPED, /* by a signal, from outside: it goes on when the sweep does */
    CELL_BUDGET,
    CELL_OUTSIDE, /* endpoint, key: likewise */
    CELL_BUSY,    /* another process had its run directory */
    CELL_KILLED,  /* SIGKILL that is not ours: it goes on at once */
    CELL_FAILED,  /* exit code or signal */
    CELL_TIMEOUT,
};
const char *cell_end_name(enum cell_end end);

enum cell_phase {
    CELL_NEW,
    CELL_RUNNING,
    CELL_VOID, /* its owner is gone: it is anybody's */
    CELL_ENDED,
};

/* What the files of a cell say, and what has been seen of the last claim's number. */
struct cell_state {
    enum cell_phase phase;
    enum cell_end end; /* of CELL_ENDED */
    int code, signum;  /* with which the process ended */
    unsigned claim;    /* the last one; 0: none yet */
    unsigned forgiven; /* claims up to this one count no more */
    unsigned kills;    /* CELL_KILLED, since they were last forgiven */
    unsigned failures; /* CELL_FAILED and CELL_TIMEOUT, likewise */
    char host[64];     /* of the last claim */
    long pid;          /* of its owner */
    unsigned watched;  /* claim of the two below */
    uint64_t beat, beat_us;
    double silent_s; /* by the time of the file, of a claim of another machine */
};

/* timeout: seconds. state is zeroed before the first call. */
void claim_look(const struct sweep_folder *folder, size_t cell, double timeout,
                struct cell_state *state);

struct claim {
    char *path, *next;
    unsigned number;
    uint64_t beat;
};

/* Takes a cell by claim state->claim + 1. EXIT_TEMPORARY if somebody else was faster. */
int claim_take(const struct sweep_folder *folder, size_t cell, const struct cell_state *state,
               struct claim *out, struct err *err);
/* A sign of life. False if the claim is somebody else's by now: what works on the cell has to end
 * at once, and nothing more may be written. */
bool claim_beat(struct claim *claim);
int claim_end(const struct sweep_folder *folder, size_t cell, struct claim *claim,
              enum cell_end end, int code, int signum, struct err *err);
void claim_clear(struct claim *claim);
/* The cell's failures until now do not count any more, and samples missing may be tried again. */
int claim_forgive(const struct sweep_folder *folder, size_t cell, const struct cell_state *state,
                  struct err *err);
