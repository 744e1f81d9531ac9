/* SPDX-License-Identifier: MIT */
/* Rules as one line of text, "[P1] Check the units", and their tags (spec/baselines.md 6). */
#pragma once

#include "common/pool.h"
#include "common/text.h"
#include <stdbool.h>

/* At most so many characters, the last of them a mark that something is missing. */
grasp_str text_truncate(struct pool *pool, grasp_str text, int64_t most);

grasp_str rule_text(struct pool *pool, grasp_str raw); /* empty: no rule */
int rule_priority(grasp_str rule);                     /* 0 to 2 */
grasp_str rule_body(grasp_str rule);                   /* without the priority */
grasp_str rule_key(struct pool *pool, grasp_str rule); /* the same for rules that say the same */
/* Long enough, and nothing that gives an answer away. */
bool rule_actionable(struct pool *pool, grasp_str rule);
/* The usable ones as rule texts, each once, at most `most`. */
size_t rules_usable(struct pool *pool, const grasp_str *raw, size_t count, int64_t most,
                    grasp_str *out);

/* Adds tags to a list of at most `most`. */
void tags_add(struct pool *pool, grasp_str **list, size_t *count, const grasp_str *tags, size_t n,
              int64_t most);
void tags_infer(struct pool *pool, grasp_str text, int64_t most, grasp_str **out, size_t *count);
grasp_str join_words(struct pool *pool, const grasp_str *items, size_t count);
