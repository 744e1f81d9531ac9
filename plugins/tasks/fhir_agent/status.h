/* SPDX-License-Identifier: MIT */
/* How an episode ends. */
#pragma once

#define STATUS_COMPLETED "completed"
#define STATUS_LIMIT "task limit reached"
#define STATUS_CONTEXT "agent context limit"
#define STATUS_REFUSED "agent refused"
#define STATUS_INVALID "agent invalid action" /* another tool than there is, or none at all */
#define STATUS_ERROR "agent_error"            /* under compat: reference: a tool call failed */

/* The reference's final answers for these. */
#define ANSWER_LIMIT "No final answer reached within iteration limit."
#define ANSWER_NO_TOOL "No tool calls found in the response"
