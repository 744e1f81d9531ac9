/* SPDX-License-Identifier: MIT */
/* Texts of the task: escaped, and checked for UTF-8. */
#pragma once

#include "common/text.h"

void text_number(struct text *text, int64_t number);

/* The inside of a JSON string: quotes, backslashes and control characters escaped, everything
 * outside ASCII as \uXXXX, invalid UTF-8 as U+FFFD. */
void text_escaped(struct text *text, grasp_str data);
/* The same bytes with invalid UTF-8 replaced by U+FFFD, cut at the last character that fits
 * into `limit` bytes of input. */
void text_clean(struct text *text, grasp_str data, size_t limit);

/* Bytes of the UTF-8 character at `data`, 0 if there is no valid one; *out is the code point. */
size_t text_decode(grasp_str data, uint32_t *out);
bool text_is_utf8(grasp_str data);
/* Without white space at both ends, in the sense of Unicode. */
grasp_str text_trim(grasp_str data);
