/* SPDX-License-Identifier: MIT */
/* Loaded knowledge: the skills an agent may be shown, ready for ranking and for insertion. */
#pragma once

#include "method.h"
#include "rank.h"

struct knowledge {
    struct pool pool;
    struct skill *skills; /* base skills, then the learned ones */
    size_t count;
    size_t base_count;
    struct block {
        grasp_str text; /* as it stands in the conversation */
        grasp_str name; /* as a JSON string */
    } * blocks;
    grasp_str intro; /* with the blank line that follows */
    struct rank_index *index;
};

/* The messages of a conversation that count for ranking: room for `count` texts. */
size_t inject_texts(const grasp_message *const *messages, size_t count, grasp_str *out);
