/* SPDX-License-Identifier: MIT */
/* "unknown option 'tempreature'; did you mean 'temperature'?" */
#pragma once

#include "base/str.h"

/* The candidate with the smallest edit distance (swaps count one), if it is near enough to be
 * meant; else NULL. */
const char *nearest(struct str word, const char *const *candidates, size_t count);
