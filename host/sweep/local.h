/* SPDX-License-Identifier: MIT */
/*
 * The local executor: a child process per cell, several side by side. What it shares with other
 * processes on the same folder, shards or a single cell on a cluster, is claims (claim.h) and
 * nothing else.
 */
#pragma once

#include "sweep/claim.h"

struct sweep_local {
    struct sweep_folder *folder;
    const bool *selected; /* by cell */
    size_t parallel;
    size_t only;          /* one cell, and the baseline that it needs; or SWEEP_NO_CELL */
    size_t shard, shards; /* from 0, of how many; its own cells go first */
    bool retry_failed, quiet;
};

/* What became of the selected cells. */
struct sweep_outcome {
    size_t done, missing, failed, unfinished;
    bool budget;
    int outside; /* exit code of a cell that an endpoint or a key stopped; 0: none */
    int signum;  /* that stopped the sweep; 0: none */
};

/* Runs the selected cells until each is done, has failed as often as it may, or cannot go on now.
 * Waits for cells that others work on, and takes over those whose owner dies. 0, also if cells
 * have failed, or an error of the sweep itself. */
int sweep_run_local(const struct sweep_local *local, struct sweep_outcome *out, struct err *err);
/* May the cell be tried again? */
bool sweep_may_go_on(const struct sweep_cell *cell, const struct cell_state *state);
/* Done, with or without samples missing. */
bool sweep_is_done(const struct cell_state *state);
