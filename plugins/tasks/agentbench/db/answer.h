/* SPDX-License-Identifier: MIT */
/* When two answers are the same. */
#pragma once

#include "pyliteral.h"

struct answer {
    grasp_str *items;
    size_t count;
};

/* The answers in a committed value, each in its normal form. In memory of the pool. */
void answer_clean(struct pool *pool, const struct py *value, struct answer *out);
/* One answer's normal form: without percent sign, commas, and words for nothing. */
grasp_str answer_normal(struct pool *pool, grasp_str text);
/* Both are numbers, and no more than a hundredth apart. */
bool answer_numbers_equal(grasp_str a, grasp_str b);
/* type: of the sample; changes are compared as texts, in order. */
bool answer_equal(struct pool *pool, const struct py *answer, const struct py *truth,
                  grasp_str type);
