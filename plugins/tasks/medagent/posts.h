/* SPDX-License-Identifier: MIT */
/* The POSTs of an episode, as its history shows them. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/pool.h"

#define POST_ACCEPTED "POST request accepted"

struct post {
    grasp_str url;
    const grasp_json_value *payload; /* NULL is null */
};

struct posts {
    bool attempted; /* a POST was sent, accepted or not */
    bool rejected;  /* one was not accepted */
    /* The reference's v2 graders look past the end of the history when its last message is the
     * agent's and has POST in it; collecting posts then fails. */
    bool overrun;
    struct post *items; /* accepted, in their order, in the pool */
    size_t count;
};

/* history: array of {role, content}. reference: by the reference's rules, which read the raw text:
 * any "POST" in it counts as an attempt, and a POST in a code fence has no payload. */
void posts_collect(grasp_call *call, const grasp_json *json, struct pool *pool,
                   const grasp_json_value *history, bool reference, struct posts *out);
