/* SPDX-License-Identifier: MIT */
/* What a task's verdicts say beside right and wrong: the member "figures" of their detail, numbers
 * by name. Their means are reported next to the score and decide nothing. */
#pragma once

#include "base/json.h"

#define FIGURES_MAX 8
#define FIGURE_NAME 48

struct figures {
    struct figure {
        char name[FIGURE_NAME];
        double sum;
        size_t count;     /* of the samples that have it */
    } items[FIGURES_MAX]; /* in order of their first sight */
    size_t count;
};

/* Adds those of a verdict's detail (JSON, "null" if there is none). Names of letters, digits and
 * '_' and finite numbers count; what is more than FIGURES_MAX is left out. */
void figures_add(struct figures *figures, struct str detail);
/* {"name": {"mean": x, "n": count}, ...} as the member "figures", if there are any. */
void figures_set(struct json *out, const struct figures *figures);
/* "name 0.812, name 0.634" of that member; nothing without. */
void figures_show(struct buf *out, const struct json *member);
