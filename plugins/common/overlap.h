/* SPDX-License-Identifier: MIT */
/* Likeness of texts by the words they share: sets of all runs of [a-z0-9] in the lower-cased text,
 * short ones and stop words too (spec/baselines.md). */
#pragma once

#include "common/pool.h"

struct bag {
    grasp_str *words; /* in the order of first appearance */
    uint32_t *sorted; /* positions, by word */
    size_t count;
};

struct bag bag_make(struct pool *pool, grasp_str text);
double bag_jaccard(const struct bag *a, const struct bag *b); /* |A and B| / |A or B| */
double bag_cosine(const struct bag *a, const struct bag *b);  /* |A and B| / sqrt(|A| |B|) */

/* Positions by falling score; equal ones in their order. */
void rank_by_score(const double *scores, size_t count, size_t *out);
