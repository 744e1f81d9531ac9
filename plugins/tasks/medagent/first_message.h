/* SPDX-License-Identifier: MIT */
/* The first message: a JSON document with the task, the server's functions, and the rules. All that
 * is the same for every sample is written once. */
#pragma once

#include <grasp/ext/json.h>

#include "common/text.h"

struct first_message {
    struct text before_description;
    struct text before_context;
    struct text after_context;
};

/* functions: array; format: object, "response_format". False when memory ran out. */
bool first_message_make(grasp_call *call, const grasp_json *json, struct first_message *message,
                        grasp_str base_url, const grasp_json_value *functions,
                        const grasp_json_value *format);
/* The message of a sample. */
void first_message_fill(struct text *out, const struct first_message *message,
                        grasp_str instruction, grasp_str context, grasp_str now);
void first_message_clear(struct first_message *message);
