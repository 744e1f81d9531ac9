/* SPDX-License-Identifier: MIT */
/* JSON as models write it: in prose or fences, with quotes of other kinds, comments of Python's
 * commas too many, or cut off before its end. */
#pragma once

#include "common/text.h"
#include <grasp/ext/json.h>

/* From the bracket at `from` to its counterpart as strict JSON, as far as that can be told; what
 * is not closed at the end is closed. False when it does not end where it should. */
bool loose_json(struct text *out, grasp_str text, size_t from);
/* The first value in the text that begins with this bracket and is not empty, strict ones first;
 * NULL if there is none. */
const grasp_json_value *loose_find(grasp_call *call, grasp_str text, char bracket);
