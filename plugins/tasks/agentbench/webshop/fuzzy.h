/* SPDX-License-Identifier: MIT */
/* Likeness of short texts as thefuzz gives it (spec section 3.8). */
#pragma once

#include <grasp/abi.h>

/* 0 to 100: how alike the sets of words are. Texts of which one has all words of the other: 100. */
int fuzzy_token_set_ratio(grasp_str a, grasp_str b);
