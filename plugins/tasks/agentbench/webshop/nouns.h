/* SPDX-License-Identifier: MIT */
/* The nouns of a product's name, the one part of the reward that is only close to the reference,
 * which asks a trained tagger (spec section 3.9). */
#pragma once

#include "product.h"
#include "wordnet.h"

/* The words of a title as spaCy's English rules cut them. */
void title_words(struct pool *pool, grasp_str title, struct strings *out);
/* Those that are nouns, in lower case. wordnet: NULL takes every word that is no function word. */
void title_nouns(struct pool *pool, const struct wordnet *wordnet, grasp_str title,
                 struct strings *out);
