/* SPDX-License-Identifier: MIT */
/* What a model would see of an episode: the instruction, the page, what can be clicked, and what
 * has been done so far. */
#pragma once

#include <grasp/grasp.h>

#include "../rehearsal_words.h"
#include "product.h"

struct shop_view {
    grasp_str instruction; /* without the limit */
    double limit;          /* of the price; negative: none */
    bool has_search_bar;
    grasp_str page; /* its text */
    struct strings clickables;
    struct tag_mentions mentions;
    size_t turns, nexts;    /* of the agent; clicks on the next page */
    struct strings clicked; /* since a product was opened */
    /* Of a goal of our own catalogue, else empty: the product, and what is wanted of it. */
    grasp_str asin, name, query;
    struct strings attributes, options;
};

/* False for a conversation that is none of this task. Texts live in the pool or the call. */
bool shop_view_read(grasp_call *call, struct pool *pool, const grasp_rehearsal_request *request,
                    struct shop_view *out);
