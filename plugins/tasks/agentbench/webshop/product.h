/* SPDX-License-Identifier: MIT */
/* A product as the pages show it, and how it is read from the upstream files. */
#pragma once

#include <stdbool.h>

#include "common/pool.h"
#include "common/string_list.h"
#include "common/text.h"
#include "json_lenient.h"

struct option_group {
    grasp_str name;
    struct strings values;
};

struct product {
    grasp_str asin, name, description, category, query, product_category;
    grasp_str tag; /* the price as it is shown */
    double prices[2];
    size_t price_count; /* 0 to 2 */
    double price;       /* what it costs when it is bought */
    struct strings bullets, attributes;
    struct option_group *options;
    size_t option_count;
};

/* What had to be made good or left out. */
enum fallback {
    FALLBACK_DAMAGED,    /* entry that is no JSON object */
    FALLBACK_ASIN,       /* entry without an asin of at most ten characters */
    FALLBACK_REPEATED,   /* asin that was there before */
    FALLBACK_NAME,       /* name that is no text */
    FALLBACK_TEXT,       /* description, category or query that is no text */
    FALLBACK_BULLETS,    /* bullet points that are no texts, or none */
    FALLBACK_PRICE,      /* price that cannot be read: 100.0 */
    FALLBACK_OPTIONS,    /* options that are no lists of texts */
    FALLBACK_ATTRIBUTES, /* entry of attributes that is none */
    FALLBACK_GOALS,      /* instruction that cannot be used */
    FALLBACK_TRUNCATED,  /* file that breaks off */
    FALLBACK_COUNT,
};

struct report {
    uint64_t counts[FALLBACK_COUNT];
    uint64_t products, goals;
};

const char *fallback_name(enum fallback fallback);

/* The fields of an entry of items_shuffle.json. attributes: its entry of items_ins_v2.json, NULL if
 * there is none. False for an entry that is left out. The price is still to be drawn. */
bool product_read(struct pool *pool, const struct lenient *item, const struct lenient *attributes,
                  struct report *report, struct product *out);
/* Prices and tag from the text of a price; false when it cannot be read. */
bool product_price(struct pool *pool, grasp_str text, struct product *out);
/* What the index holds of it. */
void product_contents(struct text *out, const struct product *product);

/* The texts of products and goals in the store: a member of an object that begins the text, and
 * back, empty if there is none. */
void product_put_member(struct text *out, const char *key, grasp_str value);
grasp_str product_member(const struct lenient *object, const char *key);
/* As the store keeps it. */
void product_write(struct text *out, const struct product *product);
bool product_parse(struct pool *pool, grasp_str text, struct product *out);
/* The texts of an array; others than strings are left out. */
void strings_read(struct pool *pool, const struct lenient *array, struct strings *out);
void strings_write(struct text *out, const struct strings *strings);
