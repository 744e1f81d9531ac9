/* SPDX-License-Identifier: MIT */
/* Values as Python prints them, which is what an agent of the reference sees. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/text.h"

/* A value that Python reads from JSON. */
void pyrepr(struct text *out, const grasp_json *json, const grasp_json_value *value);
/* A string with its quotes. */
void pyrepr_string(struct text *out, grasp_str text);
/* The same of bytes: b'...'. */
void pyrepr_bytes(struct text *out, grasp_str bytes);
/* Does Python print the character as it is? */
bool pyrepr_is_printable(uint32_t code);
