/* SPDX-License-Identifier: MIT */
/* Stratified draws from dev samples (spec/grasp.md 9.1). */
#pragma once

#include <grasp/rng.h>

#include "past.h"

struct draw {
    const grasp_lab *lab;
    grasp_rng *rng;
    const struct dev *dev;
    struct pool *pool;
    bool capped; /* never more than asked for; the reference takes one of each type at least */
};

/* from: positions in dev. out: room for as many. Returns how many were drawn. */
size_t stratify(const struct draw *draw, const size_t *from, size_t count, size_t wanted,
                size_t *out);
