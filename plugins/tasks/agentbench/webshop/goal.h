/* SPDX-License-Identifier: MIT */
/* What an episode is to buy. */
#pragma once

#include "common/twister.h"
#include "product.h"

#define GOAL_NO_LIMIT 1000000.0

struct goal {
    grasp_str asin, category, query, name, product_category;
    grasp_str instruction;
    struct strings attributes, options;
    double price_upper;
};

struct goal_list {
    struct goal *items;
    double *prices; /* of the goals' products */
    size_t count, capacity;
};

/* The goals of a product from its entry of items_human_ins.json, copied into the pool. */
void goals_read(struct pool *pool, const struct product *product, const struct lenient *records,
                struct report *report, struct goal_list *out);
/* Draws a bound above the price and adds it to the instruction, where there are bounds enough. */
void goal_bound(struct pool *pool, struct twister *twister, double price, struct goal *goal);
/* Puts them in the order of the reference. order[i]: the goal that comes i-th. */
void goals_shuffle(size_t count, uint32_t *order);

void goal_write(struct text *out, const struct goal *goal);
bool goal_parse(struct pool *pool, grasp_str text, struct goal *out);
