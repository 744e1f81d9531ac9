/* SPDX-License-Identifier: MIT */
/* What a purchase is worth (spec section 3.7). */
#pragma once

#include "goal.h"

struct reward {
    double total, type;
    bool query_match, category_match;
    double title_score;
    size_t attributes, attribute_hits, options, option_hits;
    bool price;
};

/* product_nouns, goal_nouns: of the two names. chosen: values of options. */
void reward_compute(const struct product *product, double price, const struct strings *chosen,
                    const struct goal *goal, const struct strings *product_nouns,
                    const struct strings *goal_nouns, struct reward *out);

grasp_str reward_color(grasp_str text); /* the colour in it, or the text */
size_t reward_attribute_hits(const struct product *product, const struct strings *wanted);
/* names: NULL, or for each wanted value the name of its option. */
size_t reward_option_hits(const struct strings *chosen, const struct strings *wanted,
                          const struct strings *names);
void reward_type(const struct product *product, const struct goal *goal,
                 const struct strings *product_nouns, const struct strings *goal_nouns,
                 struct reward *out);
