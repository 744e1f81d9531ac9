/* SPDX-License-Identifier: MIT */
/* Laboratory results and vital signs of one code, and what a wrong report of one comes from. */
#pragma once

#include "grader.h"

struct series {
    struct reading *items; /* in the order of the server's answer; of the call */
    uint64_t count;
};

/* All that a query of the plan found. v1 graders read every entry; one that cannot be read makes
 * the episode wrong. */
bool read_series(struct grader *g, size_t query, struct series *out);
/* The newest that is not before `since` (NULL: any); of equally new ones the first. NULL if there
 * is none. Unless the reference is followed, what lies after now does not count. */
const struct reading *series_latest(struct grader *g, const struct series *series,
                                    const struct when *since);
/* Their mean; false if there is none, or one that is no number. */
bool series_mean(struct grader *g, const struct series *series, const struct when *since,
                 double *out_mean);
struct when before_now(const struct grader *g, int64_t micros);

/* The answer must be [value of `expected`], or [-1] for NULL; with empty_too also []. */
void need_value(struct grader *g, const struct series *series, const struct reading *expected,
                const struct when *since, bool empty_too);
