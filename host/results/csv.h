/* SPDX-License-Identifier: MIT */
/* Comma-separated values (RFC 4180) with a header line; fields by column name. */
#pragma once

#include "base/err.h"
#include "base/mem.h"

#define CSV_MAX_COLUMNS 64

struct csv {
    const char *path;
    struct str rest;
    struct arena arena; /* of the current row */
    struct str names[CSV_MAX_COLUMNS], fields[CSV_MAX_COLUMNS];
    size_t columns, count; /* of the header, of the current row */
    unsigned line;         /* where the current row begins */
    unsigned next_line;
};

/* Reads the header. The text and path are borrowed until csv_close. EXIT_CONFIG with file:line. */
int csv_open(struct csv *csv, const char *path, struct str text, struct err *err);
/* The next row that is not empty; false at the end. A row may have too few or too many fields:
 * csv->count says how many. */
bool csv_next(struct csv *csv);
/* The column's index, or -1. */
int csv_column(const struct csv *csv, const char *name);
/* The field; empty if the row is too short or column is -1. Valid until csv_next. */
struct str csv_field(const struct csv *csv, int column);
void csv_close(struct csv *csv);

/* A field, in quotes if it needs them. */
void csv_write(struct buf *out, struct str field);
