/* SPDX-License-Identifier: MIT */
/* What is wrong with a tool's arguments, in the words of Python's json module, which agents know.
 */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/text.h"

/* Appends the first fault and its place; false if the text is JSON. */
bool json_fault_write(struct text *out, grasp_str text);
/* Appends why a value that is no object cannot be taken apart. */
void json_not_object_write(struct text *out, const grasp_json *json, const grasp_json_value *value);
