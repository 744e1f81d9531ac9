/* SPDX-License-Identifier: MIT */
/* A visit to the shop: pages, what can be clicked on them, and what an action does (spec sections
 * 3.5, 3.6). */
#pragma once

#include <grasp/helpers.h>

#include "catalog.h"
#include "common/twister.h"

enum page {
    PAGE_INDEX,
    PAGE_RESULTS,
    PAGE_ITEM,
    PAGE_DESCRIPTION,
    PAGE_FEATURES,
    PAGE_REVIEWS,
    PAGE_DONE,
};

struct choice {
    grasp_str name, value;
};

/* Where products come from. */
struct shop {
    const struct catalog *catalog;
    /* Stands in for the search; NULL: the index. Gives rows, best first. */
    size_t (*search)(void *context, grasp_str query, struct pool *pool, uint32_t **out_rows);
    void *context;
    double (*price)(void *context, const struct product *product); /* NULL: the product's own */
};

struct session {
    const struct shop *shop;
    const struct goal *goal;
    struct pool results_pool; /* the rows */
    uint32_t *rows;
    size_t row_count;
    struct pool item_pool; /* the product and the choices */
    struct product product;
    struct choice *choices;
    size_t choice_count;
    struct twister twister; /* for a search that draws products */
    enum page page;
    uint32_t number; /* of the page of results */
    bool has_product;
};

enum effect {
    EFFECT_NONE, /* the action does nothing */
    EFFECT_PAGE, /* another page, or another choice */
    EFFECT_BOUGHT,
    EFFECT_ERROR, /* what the reference's shop does not survive */
};

void shop_session_start(struct session *session, const struct shop *shop, const struct goal *goal,
                        uint64_t seed);
void shop_session_end(struct session *session);
/* action: name[argument]. */
enum effect shop_session_act(struct session *session, grasp_str action);
/* The text of the page; what can be clicked, in its order. */
void shop_session_observe(const struct session *session, struct text *out);
void shop_session_clickables(const struct session *session, struct pool *pool, struct strings *out);
/* Both as the agent is shown them: {'has_search_bar': .., 'clickables': [..]}. */
void shop_session_available(const struct session *session, struct text *out);
bool shop_session_has_search_bar(const struct session *session);
double shop_session_price(const struct session *session); /* of the product */

/* name[argument], greedily; false if it has not this form. */
bool action_parse(grasp_str action, grasp_str *out_name, grasp_str *out_argument);
/* page.c: a product of the results; false for a row that is none. */
bool shop_session_row(const struct session *session, size_t at, struct pool *pool,
                      struct product *out);

#define RESULTS_MAX 50
#define PAGE_SIZE 10
