/* SPDX-License-Identifier: MIT */
/* One reply of a model in an environment with tools. */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>

#include "common/text.h"

enum arguments {
    ARGUMENTS_OBJECT, /* what a tool takes */
    ARGUMENTS_OTHER,  /* JSON, but no object */
    ARGUMENTS_BROKEN, /* no JSON */
};

struct tool_use {
    grasp_str id, name;
    enum arguments form;
    grasp_str raw;                 /* the text of the arguments */
    const grasp_json_value *value; /* the arguments; NULL if broken, and for null */
    const grasp_json_value *whole;
};

struct turn {
    grasp_str text;
    struct tool_use *uses;
    size_t count;
};

/* Reads a reply; everything lives as long as the call. Emits the actions: the text, then
 * `tool_call:NAME(ARGUMENTS)` for each call. For a reply that is none (context limit) a message
 * with the agent's status takes its place. Calls beyond 128 are not there: the host cuts them. */
int32_t turn_read(grasp_call *call, const grasp_reply *reply, struct turn *out);

/* The first value of the object, whatever its key; false when there is none. */
bool tool_use_first(grasp_call *call, const struct tool_use *use, const grasp_json_value **out);

/* Emits the result of a call. */
int32_t tool_use_answer(grasp_call *call, const struct tool_use *use, grasp_str text);

/* A call as the log shows it: `tool_call:NAME(ARGUMENTS)`; one without a name as Python prints it.
 * use: as the host has it, or as chat completions have it. */
void tool_use_show(grasp_call *call, struct text *out, const grasp_json_value *use);
