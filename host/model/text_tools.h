/* SPDX-License-Identifier: MIT */
/*
 * Tools for endpoints that have none (`tools: text` in the preset): described in the system
 * message, called by the model in its text, answered in the user's. The tags are those that many
 * open models were trained with (Hermes, Qwen):
 *
 *   <tool_call>{"name": "...", "arguments": {...}}</tool_call>
 *   <tool_response>...</tool_response>
 */
#pragma once

#include "model/model.h"

/* Does the request have tools, or calls and results in its conversation? */
bool text_tools_needed(const struct model_request *request);
/* The same request without tools; new texts are in the arena, the others borrowed. */
struct model_request text_tools_request(const struct model_request *request, struct arena *arena);
/* Moves the calls that the text holds into tool_calls. What is no call stays text. */
void text_tools_reply(struct model_reply *reply, struct arena *arena);
