/* SPDX-License-Identifier: MIT */
/* Python literals, as str() writes dictionaries and lists into a CSV. */
#pragma once

#include <stdbool.h>

#include "common/text.h"

/* Appends the literal as JSON: strings in either quotes, numbers, None, True, False, lists, tuples
 * and dictionaries with strings or numbers as keys. nan becomes null. False, with `out` in an
 * unfinished state, for anything else. */
bool pyliteral_to_json(struct text *out, grasp_str text);
