/* SPDX-License-Identifier: MIT */
#include "tags.h"

static const struct tag_words words[SHOP_TAG_COUNT] = {
    [SHOP_ACTION_WRITTEN_AS_TEXT] = {"action_written_as_text",
                                     "searches and clicks were written in the reply and no tool "
                                     "was called"},
    [SHOP_ATTRIBUTE_MISSING] = {"attribute_missing",
                                "the bought product lacks a quality that was asked for"},
    [SHOP_CLICKED_WHAT_IS_NOT_THERE] = {"clicked_what_is_not_there",
                                        "values were clicked that are not in the list of available "
                                        "actions, such as a title instead of the product's code"},
    [SHOP_FIRST_HIT_BOUGHT] = {"first_hit_bought",
                               "the first product of the first results was bought, and another "
                               "one was the right one"},
    [SHOP_KEPT_BROWSING] = {"kept_browsing", "the rounds ran out before anything was bought"},
    [SHOP_OPTION_NOT_CHOSEN] = {"option_not_chosen",
                                "the product was bought before every option that was asked for "
                                "had been clicked"},
    [SHOP_OVER_THE_PRICE_LIMIT] = {"over_the_price_limit",
                                   "the bought product costs more than the limit"},
    [SHOP_TASK_ERROR] = {"task_error", "the environment gave up on the episode"},
    [SHOP_WRONG_KIND_OF_PRODUCT] = {"wrong_kind_of_product",
                                    "the bought product is of another kind than the one asked "
                                    "for"},
    [SHOP_WRONG_OPTION_CHOSEN] = {"wrong_option_chosen",
                                  "an option was clicked with another value than the one asked "
                                  "for"},
};

const struct tag_table webshop_tags = {words, SHOP_TAG_COUNT};
