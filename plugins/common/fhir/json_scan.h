/* SPDX-License-Identifier: MIT */
/*
 * JSON without a tree: a strict check, and steps over text that was checked. A value is the slice
 * of its text. Steps never leave the slice, even if its text is not what was checked.
 */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "common/pool.h"

#define SCAN_DEPTH 256 /* levels of nesting that a resource may have */

/* Is the text one JSON value (RFC 8259, valid UTF-8), with white space around it at most? On
 * failure *out_at is the offset of the fault. */
bool scan_check(grasp_str text, const char **out_why, size_t *out_at);
/* The same for the value at the start of the text: *out_len is where it ends. */
bool scan_check_prefix(grasp_str text, size_t *out_len, const char **out_why, size_t *out_at);

grasp_str scan_strip(grasp_str text); /* without JSON white space around it */

/* Members of an object: start with *rest being the object. The key is without its quotes. */
bool scan_member_next(grasp_str *rest, grasp_str *out_key, grasp_str *out_value);
/* Elements of an array: start with *rest being the array. */
bool scan_item_next(grasp_str *rest, grasp_str *out_value);
/* The value of a member of an object; empty if there is none. */
grasp_str scan_get(grasp_str object, grasp_str key);

bool scan_is_string(grasp_str value);
/* The text of a string value, escapes decoded (into the pool if there are any); empty for others.
 */
grasp_str scan_string(grasp_str value, struct pool *pool);
