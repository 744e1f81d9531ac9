/* SPDX-License-Identifier: MIT */
/* Words to numbers 0, 1, 2 ... in the order they were added. Look-ups do not allocate. */
#pragma once

#include "common/pool.h"

#define LEXICON_NONE UINT32_MAX

struct lexicon {
    struct lexicon_slot *slots;
    size_t slot_count; /* a power of two */
    grasp_str *words;  /* by number, in lower case */
    size_t count, room;
};

/* The word's number; it gets the next one if it is new. */
uint32_t lexicon_add(struct pool *pool, struct lexicon *lexicon, grasp_str word);
/* When everything has been added: moves it to the pool, which may be another than before, in a
 * form that is fast to look up in. */
void lexicon_settle(struct pool *pool, struct lexicon *lexicon);
/* The number of the letters and digits at text[at, at + len), of either case, or LEXICON_NONE. */
uint32_t lexicon_find(const struct lexicon *lexicon, grasp_str text, size_t at, size_t len);
/* The number of exactly this word. */
uint32_t lexicon_exact(const struct lexicon *lexicon, grasp_str word);
