/* SPDX-License-Identifier: MIT */
/* Shared by local.c (who runs when) and screen.c (what is shown of it). */
#pragma once

#include <sys/types.h>

#include "sweep/local.h"

/* A cell that a child of this process works on. */
struct worker {
    size_t cell;
    pid_t pid; /* 0: the place is free */
    struct claim claim;
    uint64_t begun_us, deadline_us; /* 0: none */
    bool late, lost;                /* over its time; claimed by somebody else */
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
    unsigned *at_start;   /* number of the last claim when this process began */
    uint64_t *not_before; /* of clock_monotonic_us */
    struct worker *workers;
    size_t parallel, running;
    uint64_t looked_us, beat_us;
    int signum;
    unsigned signals;
    bool budget;
    int outside;
    struct screen screen;
};

void screen_init(struct screen *screen, bool quiet);
/* Now and then; at once if `now`. */
void screen_show(struct local *local, bool now);
/* Takes away what moves, before a line that stays. */
void screen_clear(struct screen *screen);
/* A line that stays. */
__attribute__((format(printf, 2, 3))) void screen_line(struct screen *screen, const char *format,
                                                       ...);
