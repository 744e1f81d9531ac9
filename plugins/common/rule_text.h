/* SPDX-License-Identifier: MIT */
/* Rules as one line of text, "[P1] Check the units", and their tags (spec/baselines.md 6). */
#pragma once

#include "common/string_list.h"

/* At most so many characters, the last of them a mark that something is missing. */
grasp_str text_truncate(struct pool *pool, grasp_str text, int64_t most);

grasp_str rule_text(struct pool *pool, grasp_str raw); /* empty: no rule */
int rule_priority(grasp_str rule);                     /* 0 to 2 */
grasp_str rule_body(grasp_str rule);                   /* without the priority */
grasp_str rule_key(struct pool *pool, grasp_str rule); /* the same for rules that say the same */
/* Long enough, and nothing that gives an answer away. */
bool rule_actionable(struct pool *pool, grasp_str rule);
/* The usable ones as rule texts, each once, at most `most`. */
struct strings rules_usable(struct pool *pool, const struct strings *raw, int64_t most);

/* A new list of at most `most` tags, each once: those of two lists (NULL for none) in lower case
 * and with '_' for white space, then the longer words of `text`. As in the reference a limit of 0
 * lets one through. */
struct strings tags_merged(struct pool *pool, const struct strings *a, const struct strings *b,
                           grasp_str text, int64_t most);
