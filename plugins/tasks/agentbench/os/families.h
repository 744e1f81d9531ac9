/* SPDX-License-Identifier: MIT */
/* Our own problems, data/os_families.json: families that differ in names and numbers. A family says
 * what is asked, what the machine looks like, how an answer is checked, and how one that knows its
 * trade would go about it, which is what the rehearsal does. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/pool.h"
#include "common/template.h"

#define FAMILY_NAMES_MAX 16

/* The parsed file; lives as long as the call. NULL, explained, if it is not what it should be. */
const grasp_json_value *families_parse(grasp_call *call);

/* Names and values for a family's templates. */
struct family_values {
    struct binding items[FAMILY_NAMES_MAX + 1];
    size_t count;
};

/* Reads the values back from a text that the template made, wherever in it that begins. */
bool family_match(grasp_str pattern, grasp_str text, struct family_values *out);
