/* SPDX-License-Identifier: MIT */
/* The keys of the reference's caches: digests of canonical JSON, as json.dumps(sort_keys=True)
 * writes it. */
#pragma once

#include "common/text.h"
#include "digest.h"

/* Of a tool call; names in alphabetical order, with their values. */
struct argument {
    const char *name;
    grasp_str value;
};
void key_of_tool(const char *tool, const struct argument *arguments, size_t count,
                 char out[MD5_HEX]);

/* Of a judged answer. error is null. */
struct judged {
    grasp_str question_id, question, truth, answer, model;
};
void key_of_answer(const struct judged *judged, char out[SHA256_HEX]);

/* A JSON string in ASCII, as json.dumps writes it. */
void text_json_ascii(struct text *out, grasp_str text);
