/* SPDX-License-Identifier: MIT */
/* What a model would see of an episode: the question, the table, and what has been said since. */
#pragma once

#include <grasp/grasp.h>

#include "../rehearsal_words.h"
#include "common/pool.h"
#include "common/text.h"

struct db_view {
    bool text_protocol;
    grasp_str question;
    grasp_str table;     /* its name */
    grasp_str type, sql; /* of a question of our own set; empty for others */
    struct tag_mentions mentions;
    size_t turns, statements; /* of the agent so far */
    grasp_str response;       /* to the last statement */
};

/* False for a conversation that is none of this task. Texts live in the pool or the request. */
bool db_view_read(grasp_call *call, struct pool *pool, const grasp_rehearsal_request *request,
                  struct db_view *out);
