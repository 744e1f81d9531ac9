/* SPDX-License-Identifier: MIT */
/* Walks through the text of a JSON array or object without building it: requests are made of
 * JSON that others wrote, and most of it is passed on as it is. The text should be valid; if it
 * is not, the walk ends early and stays within the text. */
#pragma once

#include "base/str.h"

/* Steps into an array ('[') or object ('{'); false if it is none. */
bool slice_enter(struct str text, char open, struct str *out_inside);
/* The next element, trimmed. */
bool slice_element(struct str *inside, struct str *out_value);
/* The next member. The key is without its quotes, not unescaped. */
bool slice_member(struct str *inside, struct str *out_key, struct str *out_value);
