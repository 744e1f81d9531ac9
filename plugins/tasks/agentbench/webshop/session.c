/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <stdlib.h>

#include "common/slice.h"
#include "unicode.h"

#define RANDOM_RESULTS 50

void shop_session_start(struct session *s, const struct shop *shop, const struct goal *goal,
                        uint64_t seed)
{
    *s = (struct session){.shop = shop, .goal = goal, .number = 1};
    twister_seed(&s->twister, seed);
}

static void forget_item(struct session *s)
{
    pool_free(&s->item_pool);
    s->product = (struct product){0};
    s->has_product = false;
    s->choices = NULL;
    s->choice_count = 0;
}

static void forget_results(struct session *s)
{
    pool_free(&s->results_pool);
    s->rows = NULL;
    s->row_count = 0;
    s->number = 1;
}

void shop_session_end(struct session *s)
{
    forget_item(s);
    forget_results(s);
}

double shop_session_price(const struct session *s)
{
    return s->shop->price ? s->shop->price(s->shop->context, &s->product) : s->product.price;
}

bool action_parse(grasp_str action, grasp_str *out_name, grasp_str *out_argument)
{
    size_t end = 0, line = 0;
    while (line < action.len && action.ptr[line] != '\n')
        line++;
    /* the last "]" with something before it, and the last "[" that leaves both parts not empty */
    for (end = line; end-- > 0;) {
        if (action.ptr[end] != ']')
            continue;
        for (size_t open = end; open-- > 1;) {
            if (action.ptr[open] != '[' || open + 1 >= end)
                continue;
            *out_name = slice_cut(action, 0, open);
            *out_argument = slice_cut(action, open + 1, end);
            return true;
        }
        return false;
    }
    return false;
}

static bool use_index(struct session *s, grasp_str query)
{
    struct pool pool CLEANUP_POOL = {0};
    struct index_hit *hits;
    size_t count;
    if (s->shop->search) {
        s->row_count = s->shop->search(s->shop->context, query, &s->results_pool, &s->rows);
        return true;
    }
    if (!shop_index_search(s->shop->catalog->index, query, RESULTS_MAX, &pool, &hits, &count))
        return false;
    s->rows = pool_array(&s->results_pool, count + 1, sizeof(*s->rows));
    for (size_t i = 0; i < count; i++)
        s->rows[s->row_count++] = hits[i].document;
    return true;
}

static bool draw_products(struct session *s)
{
    uint32_t count = s->shop->catalog->product_count;
    uint32_t *room = count >= RANDOM_RESULTS ? malloc(count * sizeof(*room)) : NULL;
    if (!room)
        return false;
    s->rows = pool_array(&s->results_pool, RANDOM_RESULTS, sizeof(*s->rows));
    s->row_count = RANDOM_RESULTS;
    twister_sample(&s->twister, count, RANDOM_RESULTS, room, s->rows);
    free(room);
    return true;
}

static bool find_all(struct session *s, const char *column, grasp_str value)
{
    s->row_count = shop_store_select(s->shop->catalog->store, column, slice_trim(value),
                                     &s->results_pool, &s->rows);
    return true;
}

/* The first word may be a command. */
static bool find_products(struct session *s, grasp_str query)
{
    size_t first = query.len, second;
    slice_find(query, SLICE(" "), 0, &first);
    grasp_str word = slice_cut(query, 0, first);
    bool more = first < query.len;
    grasp_str rest = more ? slice_from(query, first + 1) : SLICE("");
    if (grasp_equal(word, "<r>"))
        return draw_products(s);
    if (grasp_equal(word, "<a>"))
        return false;
    if (grasp_equal(word, "<q>"))
        return find_all(s, "query", rest);
    if (grasp_equal(word, "<c>")) {
        if (slice_find(rest, SLICE(" "), 0, &second))
            rest = slice_cut(rest, 0, second);
        return more && find_all(s, "category", rest);
    }
    return use_index(s, query);
}

static enum effect search(struct session *s, grasp_str query)
{
    forget_item(s);
    forget_results(s);
    if (!find_products(s, query))
        return EFFECT_ERROR;
    s->page = PAGE_RESULTS;
    return EFFECT_PAGE;
}

static void choose(struct session *s, grasp_str name, grasp_str value)
{
    if (!s->choices)
        s->choices = pool_array(&s->item_pool, s->product.option_count + 1, sizeof(*s->choices));
    for (size_t i = 0; i < s->choice_count; i++) {
        if (slice_eq(s->choices[i].name, name)) {
            s->choices[i].value = value;
            return;
        }
    }
    s->choices[s->choice_count++] = (struct choice){name, value};
}

/* A value of several options belongs to the last. */
static enum effect click_option(struct session *s, grasp_str value)
{
    for (size_t i = s->product.option_count; i-- > 0;) {
        const struct option_group *group = &s->product.options[i];
        for (size_t k = 0; k < group->values.count; k++) {
            if (slice_eq(group->values.items[k], value)) {
                choose(s, group->name, group->values.items[k]);
                return EFFECT_PAGE;
            }
        }
    }
    return EFFECT_NONE;
}

static enum effect click_product(struct session *s, grasp_str link)
{
    for (size_t i = s->row_count; i-- > 0;) {
        struct text asin CLEANUP_TEXT = {0};
        struct pool pool CLEANUP_POOL = {0};
        struct product product;
        if (i / PAGE_SIZE + 1 != s->number || !shop_session_row(s, i, &pool, &product))
            continue;
        unicode_lower(&asin, product.asin);
        if (!slice_eq(text_view(&asin), link))
            continue;
        forget_item(s);
        s->has_product = shop_session_row(s, i, &s->item_pool, &s->product);
        s->page = PAGE_ITEM;
        return s->has_product ? EFFECT_PAGE : EFFECT_ERROR;
    }
    return EFFECT_NONE;
}

static enum effect go_back(struct session *s)
{
    if (s->page == PAGE_RESULTS) {
        s->number--;
    } else if (s->page == PAGE_ITEM) {
        forget_item(s);
        s->page = PAGE_RESULTS;
    } else {
        s->page = PAGE_ITEM;
    }
    return EFFECT_PAGE;
}

static enum effect go_to(struct session *s, enum page page)
{
    s->page = page;
    return EFFECT_PAGE;
}

static enum effect click(struct session *s, grasp_str value)
{
    if (grasp_equal(value, "back to search")) {
        shop_session_end(s);
        return go_to(s, PAGE_INDEX);
    }
    if (grasp_equal(value, "< prev"))
        return go_back(s);
    if (s->page == PAGE_RESULTS) {
        if (!grasp_equal(value, "next >"))
            return click_product(s, value);
        s->number++;
        return EFFECT_PAGE;
    }
    if (s->page != PAGE_ITEM)
        return EFFECT_NONE;
    if (grasp_equal(value, "buy now")) {
        s->page = PAGE_DONE;
        return EFFECT_BOUGHT;
    }
    if (grasp_equal(value, "description"))
        return go_to(s, PAGE_DESCRIPTION);
    if (grasp_equal(value, "features"))
        return go_to(s, PAGE_FEATURES);
    if (grasp_equal(value, "reviews"))
        return go_to(s, PAGE_REVIEWS);
    return click_option(s, value);
}

static bool is_clickable(const struct session *s, grasp_str value)
{
    struct pool pool CLEANUP_POOL = {0};
    struct strings list;
    shop_session_clickables(s, &pool, &list);
    for (size_t i = 0; i < list.count; i++)
        if (slice_eq(list.items[i], value))
            return !grasp_equal(value, "search");
    return false;
}

enum effect shop_session_act(struct session *s, grasp_str action)
{
    struct text argument CLEANUP_TEXT = {0};
    grasp_str name, raw;
    if (s->page == PAGE_DONE || !action_parse(action, &name, &raw))
        return EFFECT_NONE;
    unicode_lower(&argument, raw);
    grasp_str value = text_view(&argument);
    if (argument.failed || !value.len)
        return EFFECT_NONE;
    if (grasp_equal(name, "search"))
        return search(s, value);
    if (grasp_equal(name, "click") && is_clickable(s, value))
        return click(s, value);
    return EFFECT_NONE;
}
