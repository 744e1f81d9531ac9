/* SPDX-License-Identifier: MIT */
/*
 * Tables of a sweep, from its folder alone: a row per method and what else differs, over seeds, and
 * columns per task. Cells of the grid whose run is not complete are missing, and marked.
 */
#pragma once

#include "results/tables.h"
#include "sweep/folder.h"

enum grid_format {
    GRID_TEXT,
    GRID_MARKDOWN,
    GRID_CSV,
    GRID_LATEX,
    GRID_JSON,
    GRID_JUNIT,
};
/* In the order of the enum; NULL ends the list. */
extern const char *const grid_formats[];

struct grid_run {
    const char *name, *state; /* state: "done", or what is known of it (status.h) */
    struct run_facts *facts;  /* of a complete run, else NULL */
    struct json *ledger;      /* likewise */
    size_t row, task, agent;
    int64_t seed;
    bool rehearsal;
};

struct grid {
    struct json *plan;
    struct facts facts;
    struct sweep sweep; /* names only */
    struct map plugins; /* name as it is shown -> id that has it */
    struct map varying; /* the axes that have more than one value; to nothing of use */
    struct grid_run *runs;
    size_t count;
    const char **rows, **tasks, **agents; /* in the order of the file */
    size_t row_count, task_count, agent_count;
    bool *is_none; /* by row: its figures are those before learning */
    struct arena arena;
};

/* EXIT_CONFIG if the folder's plan cannot be read. */
int grid_read(const char *dir, struct grid *out, struct err *err);
void grid_clear(struct grid *grid);
/* Runs that are not complete. */
size_t grid_missing(const struct grid *grid);
void grid_write(struct buf *out, struct grid *grid, enum grid_format format);

/* Sides of comparisons, one for each task and agent with at least two rows that are there: each a
 * text for side_read, with the row's name. first: the row that the others are compared with; NULL:
 * none, else the first one. EXIT_USAGE if there is no such row. */
struct grid_contest {
    const char *title;
    const char **sides;
    size_t count;
};
int grid_contests(struct grid *grid, const char *dir, const char *first, struct grid_contest **out,
                  size_t *out_count, struct err *err);
