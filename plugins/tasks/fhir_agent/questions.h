/* SPDX-License-Identifier: MIT */
/* The questions of the benchmark's CSV, by split. */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>

#include "common/string_list.h"

#define SPLIT_COUNT 3 /* dev, val, id_test */

struct question {
    grasp_str id, patient;
    grasp_str json; /* the object that samples() emits */
};

struct split {
    const char *name;
    const char *option;    /* what names its values of the column `split` */
    struct strings values; /* those */
    int64_t limit;         /* the first so many in the file's order; 0: all */
    struct question *questions;
    size_t count, capacity;
};

/* Sorts the rows of a CSV into the splits, which have their values and limits. `file`: what errors
 * call it. What is wrong is explained with fail(): columns that are missing, a line that is not
 * CSV, an id twice, ids that are no dictionary. [exclusive splits] */
int32_t questions_read(grasp_call *call, struct pool *pool, grasp_str text, const char *file,
                       struct split splits[SPLIT_COUNT]);
