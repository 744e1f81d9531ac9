/* SPDX-License-Identifier: MIT */
/* A tool's result as the record and a method's writer see it, where it is shorter than what the
 * agent saw. */
#pragma once

#include <grasp/ext/json.h>

#include "common/text.h"

#define TRACE_ITEMS 10 /* elements or characters that the reference leaves of a value */

/* As the reference shortens it: read as JSON once quotes are turned, each value that has more than
 * TRACE_ITEMS elements or characters is cut to these; what cannot be read stays as it is. */
void trace_reference(grasp_call *call, const grasp_json *json, struct text *out, grasp_str content);

/* At most so many characters, and how many are missing. */
void trace_cut(struct text *out, grasp_str content, size_t characters);
