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

/* The cosine of two texts. */
double text_cosine(struct pool *pool, grasp_str a, grasp_str b);

/* Positions of `count` rows of numbers, a row of `columns` after the other, so that the rows fall:
 * the first number counts, where it is equal the second, and so on. Of equal rows the one with the
 * lesser text comes first, without `texts`, and of equal texts, the one that stands first. */
void rank_rows(const double *rows, size_t columns, size_t count, const grasp_str *texts,
               size_t *out);
/* Positions by falling score; equal ones in their order. */
static inline void rank_by_score(const double *scores, size_t count, size_t *out)
{
    rank_rows(scores, 1, count, NULL, out);
}
