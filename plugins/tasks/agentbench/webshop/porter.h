/* SPDX-License-Identifier: MIT */
/* Porter's stemmer of 1980 with the two later rules of its author: bli -> ble, logi -> log. */
#pragma once

#include <stddef.h>

/* Stems a lower-case word in place and returns its new length. Words of one or two characters stay
 * as they are. */
size_t porter_stem(char *word, size_t len);
