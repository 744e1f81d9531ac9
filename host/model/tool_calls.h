/* SPDX-License-Identifier: MIT */
/* Tool calls as the SDK writes them, [{"id", "name", "arguments": {...}}], walked through and
 * built. Arguments that a model wrote and nobody can read as an object are kept under "_raw". */
#pragma once

#include "model/model.h"

#define TOOL_CALLS_MAX 128

struct tool_call {
    struct str id, name;  /* JSON strings, quotes included; never empty */
    struct str arguments; /* a JSON value, or empty */
};

/* Steps into the array; false if there is none. */
bool tool_calls_enter(struct str calls, struct str *out_inside);
bool tool_calls_next(struct str *inside, struct tool_call *out);

/* The text under "_raw", as a JSON string. */
bool tool_call_raw(struct str arguments, struct str *out_literal);
/* The arguments as an object; "{}" for none. */
struct str tool_call_object(struct str arguments);
/* The arguments as services want them that take the text of an object: a JSON string. */
void tool_call_write_text(struct buf *out, struct str arguments);

/* The name of the tool whose result message `index` is: a JSON string, `""` if there is no such
 * call. */
struct str tool_call_name_of(const struct model_request *request, size_t index);

/* Adds a call that came from a model to the text of a list, which begins with '[' and is closed
 * by the caller. An empty id becomes `made`. arguments: an object, or the text of one. */
void tool_calls_add(struct buf *list, struct str id, const char *made, struct str name,
                    const struct json *arguments);
