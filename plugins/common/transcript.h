/* SPDX-License-Identifier: MIT */
/* What an agent said and did, as a writer reads it (spec/baselines.md 5, 7). */
#pragma once

#include "common/lesson.h"

/* The whole conversation: "ROLE: content" lines. */
void transcript_lines(struct text *out, const grasp_json *json, const grasp_json_value *history);

/* Limits of 0 or less do not limit. */
struct transcript_limits {
    int64_t messages, message_characters; /* of a conversation */
    int64_t actions, action_characters;
};
/* A JSON array of {"role", "content"}: the task and a numbered list of what the agent did, or,
 * where the task reports no actions, the conversation. The middle of what is too long is left out.
 */
grasp_str transcript_chat(struct lesson *lesson, const struct rollout *rollout,
                          const struct transcript_limits *limits);

/* At most so many characters, and a line that says how many are missing; `most` of 0 or less: all.
 */
grasp_str text_shorten(struct pool *pool, grasp_str text, int64_t most);
