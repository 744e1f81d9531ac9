/* SPDX-License-Identifier: MIT */
/* A conversation as the stand-in sees it, and what it says next. */
#pragma once

#include "../strategy.h"
#include "common/mimic/recipe.h"
#include "common/string_list.h"
#include "common/text.h"
#include "rehearsal.h"

struct play {
    grasp_call *call;
    const grasp_json *json;
    struct pool *pool;
    grasp_str input;        /* from the question on */
    grasp_str key;          /* of it, what does not depend on guidance */
    uint32_t tools;         /* TOOL_BIT of those offered */
    struct strings results; /* of the tools, in order */
    size_t turns;           /* of the agent so far */
    struct tag_mentions tags;
    struct mimic_recipe recipe;

    struct text text, calls; /* the reply: words, and a JSON array of tool calls */
};

/* False for a conversation that is not the agent's, or a question that is not one of ours. */
bool play_look(struct play *play, const grasp_rehearsal_request *request);
void play_reply(struct play *play);
