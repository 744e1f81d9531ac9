/* SPDX-License-Identifier: MIT */
/* Options of plugins, described by a JSON Schema (task.h says which words of it are used). */
#pragma once

#include "base/json.h"

/* Where an option was given, for errors: "grasp.yaml:12" or "--set method.grpo_k". */
typedef const char *options_where_fn(void *arg, const char *option);

/* Checks `given` (an object, or NULL) against the schema (or NULL) and returns a new object, in the
 * order of the schema, with the defaults filled in, or NULL with EXIT_CONFIG:
 * "grasp.yaml:12: method option 'grpo_k': ...".
 * Unknown names are errors with the nearest known one. */
struct json *options_check(const struct json *schema, const struct json *given, const char *what,
                           options_where_fn *where, void *arg, struct err *err);
/* Is the schema itself one that can be used? EXIT_PLUGIN if not. */
int options_check_schema(const struct json *schema, const char *what, struct err *err);
/* Lines for `list -v`: name, type, default, description. */
void options_describe(struct buf *out, const struct json *schema);
