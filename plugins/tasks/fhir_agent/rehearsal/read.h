/* SPDX-License-Identifier: MIT */
/* How the invented questions are answered without Python: what is searched for, and what one who
 * reads the resources answers. */
#pragma once

#include "chart.h"
#include "common/mimic/recipe.h"
#include "common/string_list.h"

#define READ_SEARCHES 3

/* The values of the answer as the chart has them, in the pool: none if nothing fits, a number for
 * yes or no. False for a question that is not known. */
bool read_answer(const struct chart *chart, const struct mimic_recipe *recipe, struct strings *out);
/* The id of the one resource that the answer refers to and that is fetched by it; empty if none. */
grasp_str read_link(const struct chart *chart, const struct mimic_recipe *recipe);
/* The searches that show all that the answer needs on their first page; returns how many. */
size_t read_searches(struct pool *pool, const struct mimic_recipe *recipe,
                     grasp_str out[READ_SEARCHES]);
