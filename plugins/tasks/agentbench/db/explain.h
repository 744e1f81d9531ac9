/* SPDX-License-Identifier: MIT */
/* From a rollout to its failure tags. */
#pragma once

#include "answer.h"
#include "tags.h"

struct rollout_view {
    const grasp_json *json;
    grasp_str type, status;
    const grasp_json_value *actions; /* texts */
    const grasp_json_value *history;
    bool client_error; /* the model or the environment failed */
};

/* The reference's tags. */
uint64_t explain_reference(const struct rollout_view *view);
/* What we see besides: how a wrong answer came about. */
uint64_t explain_more(struct pool *pool, const struct rollout_view *view, const struct py *answer,
                      const struct py *truth);
/* The text after the last "Final Answer:" of an agent's message, else the arguments of the last
 * commit_final_answer; "" for neither. */
grasp_str explain_final_answer(grasp_call *call, const grasp_json_value *history);
