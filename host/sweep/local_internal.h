/* SPDX-License-Identifier: MIT */
/* Shared by local.c (who runs when) and screen.c (what is shown of it). */
#pragma once

#include <sys/types.h>

#include "model/share.h"
#include "sweep/local.h"

/* A cell that a child of this process works on. */
struct worker {
    size_t cell;
    pid_t pid; /* 0: the place is free */
    struct claim claim;
    uint64_t begun_us, deadline_us, kill_us; /* 0: none */
    bool late, lost;                         /* over its time; claimed by somebody else */
    bool killed;
};

struct screen {
    bool terminal, quiet;
    size_t lines; /* that are on the terminal now */
    uint64_t shown_us;
};

struct local {
    const struct sweep_local *options;
    const struct sweep *sweep;
    struct sweep_folder *folder;
    struct cell_state *states;
    bool *selected;
    bool *rested;         /* ended here in a way that only a new sweep goes on from */
    bool *blocked;        /* its agent cannot be reached */
    unsigned *at_start;   /* number of the last claim when this process began */
    uint64_t *not_before; /* of clock_monotonic_us */
    struct worker *workers;
    size_t parallel, running;
    struct share *share; /* of all cells that run here; NULL with one cell at a time */
    char *share_path;
    uint64_t look_us; /* when to look at all cells again */
    uint64_t beat_us;
    int signum;
    unsigned signals;
    bool budget, over; /* a cell ended at a budget; that of the sweep is used up */
    int outside;
    struct screen screen;
};

/* Limits and budget: of all cells together, or what a single cell has of them. */
int limits_open(struct local *local, struct err *err);
/* For the child that runs a cell; the caller frees it. */
int limits_path(struct local *local, size_t cell, char **out, struct err *err);
/* Is the sweep's budget used up? */
bool limits_over(const struct local *local);
void limits_close(struct local *local);

void screen_init(struct screen *screen, bool quiet);
/* Now and then; at once if `now`. */
void screen_show(struct local *local, bool now);
/* Takes away what moves, before a line that stays. */
void screen_clear(struct screen *screen);
/* A line that stays. */
__attribute__((format(printf, 2, 3))) void screen_line(struct screen *screen, const char *format,
                                                       ...);
