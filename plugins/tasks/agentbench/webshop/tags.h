/* SPDX-License-Identifier: MIT */
/* Failure tags: what went wrong, in words that say how. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "common/text.h"

/* In alphabetical order, which is the order in verdicts. */
enum shop_tag {
    SHOP_ACTION_WRITTEN_AS_TEXT,
    SHOP_ATTRIBUTE_MISSING,
    SHOP_CLICKED_WHAT_IS_NOT_THERE,
    SHOP_FIRST_HIT_BOUGHT,
    SHOP_KEPT_BROWSING,
    SHOP_OPTION_NOT_CHOSEN,
    SHOP_OVER_THE_PRICE_LIMIT,
    SHOP_TASK_ERROR,
    SHOP_WRONG_KIND_OF_PRODUCT,
    SHOP_WRONG_OPTION_CHOSEN,
    SHOP_TAG_COUNT,
};

#define SHOP_TAG_BIT(tag) (1u << (tag))

const char *shop_tag_name(enum shop_tag tag);
const char *shop_tag_description(enum shop_tag tag);
/* The tag with this name, -1 if there is none. */
int shop_tag_find(grasp_str name);
/* A JSON array of the names. */
void shop_tags_write(struct text *out, uint32_t tags);
