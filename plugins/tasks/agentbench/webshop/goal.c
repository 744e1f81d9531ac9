/* SPDX-License-Identifier: MIT */
#include "goal.h"

#include "common/pynumber.h"
#include "common/slice.h"

#define ORDER_SEED 233
#define BOUND_STEP 10
#define BOUND_LAST 990
#define BOUNDS 4 /* of which two are drawn */

static struct strings copied(struct pool *pool, const struct lenient *array)
{
    struct strings out = {0};
    strings_read(pool, array, &out);
    for (size_t i = 0; i < out.count; i++)
        out.items[i] = pool_dup(pool, out.items[i]);
    return out;
}

static grasp_str without_points(grasp_str text)
{
    while (text.len && *text.ptr == '.')
        text = slice_from(text, 1);
    while (text.len && text.ptr[text.len - 1] == '.')
        text.len--;
    return text;
}

static void add_goal(struct pool *pool, const struct product *product, const struct lenient *record,
                     struct goal_list *out)
{
    if (out->count == out->capacity) {
        double *prices = pool_array(pool, out->capacity * 2 + 64, sizeof(*prices));
        for (size_t i = 0; i < out->count; i++)
            prices[i] = out->prices[i];
        out->prices = prices;
        struct goal *items = pool_array(pool, out->capacity * 2 + 64, sizeof(*items));
        for (size_t i = 0; i < out->count; i++)
            items[i] = out->items[i];
        out->items = items;
        out->capacity = out->capacity * 2 + 64;
    }
    out->prices[out->count] = product->price;
    out->items[out->count++] = (struct goal){
        .asin = pool_dup(pool, product->asin),
        .category = pool_dup(pool, product->category),
        .query = pool_dup(pool, product->query),
        .name = pool_dup(pool, product->name),
        .product_category = pool_dup(pool, product->product_category),
        .instruction = pool_dup(pool, without_points(lenient_get(record, "instruction")->text)),
        .attributes = copied(pool, lenient_get(record, "instruction_attributes")),
        .options = copied(pool, lenient_get(record, "instruction_options")),
        .price_upper = GOAL_NO_LIMIT,
    };
}

void goals_read(struct pool *pool, const struct product *product, const struct lenient *records,
                struct report *report, struct goal_list *out)
{
    if (!lenient_is(records, LENIENT_ARRAY)) {
        report->counts[FALLBACK_GOALS]++;
        return;
    }
    for (const struct lenient *record = records->items; record; record = record->next) {
        const struct lenient *attributes = lenient_get(record, "instruction_attributes");
        if (lenient_is(attributes, LENIENT_ARRAY) && !attributes->count)
            continue;
        if (!lenient_is(lenient_get(record, "instruction"), LENIENT_STRING) ||
            !lenient_is(attributes, LENIENT_ARRAY)) {
            report->counts[FALLBACK_GOALS]++;
            continue;
        }
        add_goal(pool, product, record, out);
    }
}

void goal_bound(struct pool *pool, struct twister *twister, double price, struct goal *goal)
{
    uint32_t bounds[BOUNDS], room[BOUNDS], drawn[2], count = 0;
    for (uint32_t bound = BOUND_STEP; bound <= BOUND_LAST && count < BOUNDS; bound += BOUND_STEP)
        if (bound > price)
            bounds[count++] = bound;
    goal->price_upper = GOAL_NO_LIMIT;
    if (count < 2)
        return;
    twister_sample(twister, count, 2, room, drawn);
    uint32_t larger = drawn[0] > drawn[1] ? drawn[0] : drawn[1];
    goal->price_upper = bounds[larger];
    goal->instruction =
        pool_format(pool, "%.*s, and price lower than %.2f dollars", (int)goal->instruction.len,
                    goal->instruction.ptr, goal->price_upper);
}

void goals_shuffle(size_t count, uint32_t *order)
{
    struct twister twister;
    twister_seed(&twister, ORDER_SEED);
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    twister_shuffle(&twister, order, count);
}

void goal_write(struct text *out, const struct goal *goal)
{
    text_char(out, '{');
    product_put_member(out, "asin", goal->asin);
    product_put_member(out, "category", goal->category);
    product_put_member(out, "query", goal->query);
    product_put_member(out, "name", goal->name);
    product_put_member(out, "product_category", goal->product_category);
    product_put_member(out, "instruction", goal->instruction);
    text_put(out, ", \"attributes\": ");
    strings_write(out, &goal->attributes);
    text_put(out, ", \"options\": ");
    strings_write(out, &goal->options);
    text_put(out, ", \"price_upper\": ");
    text_double(out, goal->price_upper);
    text_char(out, '}');
}

bool goal_parse(struct pool *pool, grasp_str text, struct goal *out)
{
    const struct lenient *object = lenient_parse(pool, text, NULL);
    *out = (struct goal){
        .asin = product_member(object, "asin"),
        .category = product_member(object, "category"),
        .query = product_member(object, "query"),
        .name = product_member(object, "name"),
        .product_category = product_member(object, "product_category"),
        .instruction = product_member(object, "instruction"),
    };
    strings_read(pool, lenient_get(object, "attributes"), &out->attributes);
    strings_read(pool, lenient_get(object, "options"), &out->options);
    return pynumber_float(product_member(object, "price_upper"), &out->price_upper);
}
