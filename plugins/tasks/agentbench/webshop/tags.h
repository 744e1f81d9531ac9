/* SPDX-License-Identifier: MIT */
/* Failure tags: what went wrong, in words that say how. */
#pragma once

#include "common/tag_table.h"

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

extern const struct tag_table webshop_tags;
