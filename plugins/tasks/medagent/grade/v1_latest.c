/* SPDX-License-Identifier: MIT */
/* v1 types 4 and 7: the newest result, of the last day or of all. */
#include "graders.h"

void grade_v1_magnesium_level(struct grader *g)
{
    struct series series;
    struct when since = before_now(g, WHEN_DAY);
    if (need_read_only(g) && read_series(g, 0, &series))
        need_value(g, &series, series_latest(g, &series, &since), &since, false);
}

void grade_v1_glucose_level(struct grader *g)
{
    struct series series;
    if (need_read_only(g) && read_series(g, 0, &series))
        need_value(g, &series, series_latest(g, &series, NULL), NULL, false);
}
