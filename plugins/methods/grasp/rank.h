/* SPDX-License-Identifier: MIT */
/* Which skills suit a conversation (spec/grasp.md 7.2). Built once per knowledge; a query then
 * costs a pass over the text and a look at the words that occur in any skill. */
#pragma once

#include "common/skill.h"

#define RANK_TOP 3
#define RANK_CHARACTERS 12000 /* of the conversation's end that count */

struct rank_index;

struct rank_index *rank_build(struct pool *pool, const struct skill *skills, size_t count);

/* Scores of all skills for texts that stand one below the other. */
void rank_scores(const struct rank_index *index, const grasp_str *texts, size_t count,
                 uint32_t *out_scores);
/* The positions of the best, best first, at most RANK_TOP; ties in the order of the skills. */
size_t rank_select(const struct rank_index *index, const grasp_str *texts, size_t count,
                   uint32_t out[RANK_TOP]);

/* The text that says when a skill is used, for ranking. */
grasp_str rank_when_to_use(grasp_str content);
