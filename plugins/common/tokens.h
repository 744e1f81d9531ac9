/* SPDX-License-Identifier: MIT */
/* Words for ranking by overlap: runs of [a-z0-9] in the lower-cased text that are longer than two
 * characters and no stop words. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/pool.h"
#include "common/text.h"

#define TOKEN_MIN 3

/* Lower case, as str.lower() does it. */
void text_lower(struct text *out, grasp_str text);

/* Trimmed and in lower case: the same for texts that differ in nothing else. */
grasp_str text_folded(struct pool *pool, grasp_str text);

/* The next run of [a-z0-9] from *at on in a text in lower case; false at the end. Of any length,
 * stop words too. */
bool token_run(grasp_str lower, size_t *at, grasp_str *out);
bool token_counts(grasp_str token); /* long enough and no stop word */
size_t token_stop_words(const char *const **out);

/* The words of a text: each once, in the order of first appearance. */
size_t token_set(struct pool *pool, grasp_str text, grasp_str **out);
/* The words of a tag, repeated ones too. */
size_t token_tag_terms(struct pool *pool, grasp_str tag, grasp_str **out);

/* Where the runs of [A-Za-z0-9] that are long enough begin and end, as sets of bits, one for a
 * byte: a fast way to find tokens in long texts. alnum: room for token_words(len) words. */
size_t token_words(size_t len);
void token_mask(grasp_str text, uint64_t *alnum);
/* The next run of at least TOKEN_MIN bytes at or after *at; false when there is none. */
bool token_next(const uint64_t *alnum, size_t len, size_t *at, size_t *out_len);
