/* SPDX-License-Identifier: MIT */
/* The tables of the paper (arXiv 2605.29668), from facts. A cell is the mean and the sample
 * standard deviation (n - 1) of a score over runs, in percent. */
#pragma once

#include "results/facts.h"

struct cell {
    size_t n; /* runs; 0: nothing there */
    double mean, sd;
    bool marked;      /* a run behind it is damaged, or its runs have different sizes */
    const char *text; /* shown in its place; NULL: mean and sd are */
};

struct table_column {
    const char *group, *name; /* benchmark, and Val*, Test or OOD; group may be empty */
};

struct table_row {
    const char *group, *label; /* model, and method, say */
    struct cell *cells;        /* one per column */
};

struct table {
    const char *id, *title, *group_name, *row_name;
    struct table_column *columns;
    size_t column_count, column_capacity;
    struct table_row *rows;
    size_t row_count, row_capacity;
};

struct tables {
    struct table *items;
    size_t count, capacity;
    char **notes; /* what marks are about, one line each */
    size_t note_count, note_capacity;
    struct arena arena;
};

/* "1" to "5", "sensitivity", "cross-writer"; NULL ends the list. */
extern const char *const table_ids[];

/* A table of another kind, and its parts: columns first. Titles are borrowed, names of rows are
 * not. */
struct table *tables_begin(struct tables *tables, const char *id, const char *title,
                           const char *group_name, const char *row_name);
void table_column(struct table *table, const char *group, const char *name);
struct table_row *table_row(struct tables *tables, struct table *table, const char *group,
                            const char *label);

/* Adds a table. model: only this one's rows, or NULL. */
void tables_add(struct tables *tables, const struct facts *facts, const char *id,
                const char *model);
void tables_clear(struct tables *tables);

enum table_format { TABLE_TEXT, TABLE_MARKDOWN, TABLE_CSV, TABLE_LATEX, TABLE_JSON };
extern const char *const table_formats[]; /* in the order of the enum; NULL ends the list */
void tables_write(struct buf *out, const struct tables *tables, const struct facts *facts,
                  enum table_format format);

/* "GRASP" for skill_cycle, and so on; any other name as it is. */
const char *method_label(const char *method);
