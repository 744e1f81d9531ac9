/* SPDX-License-Identifier: MIT */
/*
 * A sweep: what its file says, and the cells that come of it. A cell is one run; its configuration
 * is whole, so that it can be run alone. docs/sweeps.md describes the file.
 */
#pragma once

#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"

#define SWEEP_NO_CELL SIZE_MAX

struct sweep_cell {
    const char *name;    /* of folders and in patterns: what differs, as in medagent_grasp_seed1 */
    struct json *axes;   /* axis -> value, in the order of the file; of an implied cell too */
    struct json *config; /* of its run, as in config.yaml */
    const char *task, *method, *agent; /* as given; agent may be empty */
    size_t baseline; /* the cell whose replies its baseline is made of, or SWEEP_NO_CELL */
    bool implied;    /* not in the file: the baseline of cells that have none of their own */
    int64_t retries;
    double time_limit; /* seconds; 0: none */
};

enum sweep_executor { SWEEP_LOCAL, SWEEP_SLURM };

struct sweep {
    char *file;
    struct json *tree; /* the file; "slurm" is its executor's business */
    struct yaml_lines *lines;
    struct sweep_cell *cells; /* baselines before the cells that take them */
    size_t count, capacity;
    struct map names; /* of cells that have one; to nothing of use */
    enum sweep_executor executor;
    size_t parallel; /* cells side by side; 0: not said */
    int64_t retries;
    double time_limit;
    double claim_timeout; /* seconds without a sign of life after which a claim is void */
    bool cache, share_baseline;
    bool limits_per_sweep;         /* limits hold for all cells together, not for each */
    int64_t max_calls, max_tokens; /* of all cells together; -1: no limit */
    double max_cost;
    const char *prices; /* file, or NULL */
    struct arena arena;
};

/* Reads the file and makes the cells. EXIT_CONFIG with file and line, what is wrong and what to do.
 * Plugins are not looked for. */
int sweep_read(const char *file, struct sweep *out, struct err *err);
void sweep_clear(struct sweep *sweep);

/* The cell of this name, or of this place in the plan (from 0); SWEEP_NO_CELL if there is none,
 * with the nearest name. */
size_t sweep_find(const struct sweep *sweep, const char *name, struct err *err);
/* Does the name match one of the shell patterns? */
bool sweep_matches(const struct sweep_cell *cell, const char *const *patterns, size_t count);
/* A value as names and patterns have it. */
void sweep_value_text(struct buf *out, const struct json *value);
