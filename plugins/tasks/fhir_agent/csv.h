/* SPDX-License-Identifier: MIT */
/* Comma-separated values as RFC 4180 has them: fields in quotes may hold commas, line ends and
 * doubled quotes. */
#pragma once

#include <stdbool.h>

#include "common/string_list.h"

struct csv {
    grasp_str rest; /* what has not been read */
    size_t line;    /* where `rest` begins, from 1 */
};

/* Skips a byte order mark. */
struct csv csv_start(grasp_str text);

/* The next record; its texts are borrowed from the source where they can be and in the pool where
 * quotes had to be taken out. *out_line: where it begins. An empty line is no record. False at the
 * end, and, with *out_fault saying what is wrong in line csv->line, for what is not CSV. */
bool csv_record(struct csv *csv, struct pool *pool, struct strings *out, size_t *out_line,
                const char **out_fault);
