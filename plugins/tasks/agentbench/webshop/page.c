/* SPDX-License-Identifier: MIT */
#include <grasp/helpers.h>

#include "common/pyrepr.h"
#include "common/slice.h"
#include "session.h"
#include "unicode.h"

#define SEPARATOR " [SEP] "

struct nodes {
    struct text *out;
    bool any;
};

static bool is_html_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r';
}

/* A text between two tags: blank ones vanish with a line end in them, else leave an empty item. */
static void put_node(struct nodes *nodes, grasp_str text)
{
    bool blank = true, line = false;
    for (size_t i = 0; i < text.len; i++) {
        blank &= is_html_blank(text.ptr[i]);
        line |= text.ptr[i] == '\n';
    }
    if (!text.len || (blank && line))
        return;
    if (nodes->any)
        text_put(nodes->out, SEPARATOR);
    nodes->any = true;
    if (!blank)
        text_str(nodes->out, slice_trim(text));
}

static void put_plain(struct nodes *nodes, const char *text)
{
    put_node(nodes, grasp_cstr(text));
}

static size_t first_of_page(const struct session *s)
{
    return (size_t)(s->number - 1) * PAGE_SIZE;
}

static size_t end_of_page(const struct session *s)
{
    size_t end = first_of_page(s) + PAGE_SIZE;
    return end < s->row_count ? end : s->row_count;
}

bool shop_session_row(const struct session *s, size_t at, struct pool *pool, struct product *out)
{
    return at < s->row_count && catalog_product(s->shop->catalog, s->rows[at], pool, out);
}

static void put_results(const struct session *s, struct nodes *nodes)
{
    struct pool pool CLEANUP_POOL = {0};
    struct product product;
    put_node(nodes, pool_format(&pool, "Page %u (Total results: %zu)", s->number, s->row_count));
    if (s->number > 1)
        put_plain(nodes, "< Prev");
    put_plain(nodes, "Next >");
    for (size_t i = first_of_page(s); i < end_of_page(s); i++) {
        if (!shop_session_row(s, i, &pool, &product))
            continue;
        put_node(nodes, product.asin);
        put_node(nodes, product.name);
        put_node(nodes, product.tag);
    }
}

static void put_item(const struct session *s, struct nodes *nodes)
{
    static const char *const rest[] = {"Rating: N.A.", "Description", "Features", "Reviews",
                                       "Buy Now"};
    struct pool pool CLEANUP_POOL = {0};
    put_plain(nodes, "< Prev");
    for (size_t i = 0; i < s->product.option_count; i++) {
        const struct option_group *group = &s->product.options[i];
        put_node(nodes, group->name);
        for (size_t k = 0; k < group->values.count; k++)
            put_node(nodes, group->values.items[k]);
    }
    put_node(nodes, s->product.name);
    put_node(nodes, pool_format(&pool, "Price: %s", s->product.tag.ptr));
    for (size_t i = 0; i < sizeof(rest) / sizeof(*rest); i++)
        put_plain(nodes, rest[i]);
}

static void put_features(const struct session *s, struct nodes *nodes)
{
    struct pool pool CLEANUP_POOL = {0};
    for (size_t i = 0; i < s->product.bullets.count; i++)
        put_node(nodes, pool_format(&pool, " %s", s->product.bullets.items[i].ptr));
}

void shop_session_observe(const struct session *s, struct text *out)
{
    struct nodes nodes = {out, false};
    if (s->page == PAGE_INDEX)
        put_plain(&nodes, "WebShop");
    put_plain(&nodes, "Instruction:");
    put_node(&nodes, s->goal->instruction);
    put_plain(&nodes, s->page == PAGE_INDEX ? "Search" : "Back to Search");
    switch (s->page) {
    case PAGE_RESULTS:
        put_results(s, &nodes);
        break;
    case PAGE_ITEM:
        put_item(s, &nodes);
        break;
    case PAGE_DESCRIPTION:
        put_plain(&nodes, "< Prev");
        put_node(&nodes, s->product.description);
        break;
    case PAGE_FEATURES:
        put_plain(&nodes, "< Prev");
        put_features(s, &nodes);
        break;
    case PAGE_REVIEWS:
        put_plain(&nodes, "< Prev");
        break;
    case PAGE_INDEX:
    case PAGE_DONE:
    default:
        break;
    }
}

static void add(struct strings *out, size_t room, grasp_str text)
{
    if (out->count < room && !strings_have(out, text))
        out->items[out->count++] = text;
}

static void add_results(const struct session *s, struct pool *pool, struct strings *out,
                        size_t room)
{
    struct product product;
    if (s->number > 1)
        add(out, room, SLICE("< prev"));
    add(out, room, SLICE("next >"));
    for (size_t i = first_of_page(s); i < end_of_page(s); i++) {
        struct text asin CLEANUP_TEXT = {0};
        if (!shop_session_row(s, i, pool, &product))
            continue;
        unicode_lower(&asin, product.asin);
        add(out, room, pool_dup(pool, text_view(&asin)));
    }
}

static void add_item(const struct session *s, struct strings *out, size_t room)
{
    static const char *const buttons[] = {"< prev", "description", "features", "reviews",
                                          "buy now"};
    for (size_t i = 0; i < sizeof(buttons) / sizeof(*buttons); i++)
        add(out, room, grasp_cstr(buttons[i]));
    for (size_t i = 0; i < s->product.option_count; i++)
        for (size_t k = 0; k < s->product.options[i].values.count; k++)
            add(out, room, s->product.options[i].values.items[k]);
}

void shop_session_clickables(const struct session *s, struct pool *pool, struct strings *out)
{
    size_t room = 32;
    for (size_t i = 0; s->has_product && i < s->product.option_count; i++)
        room += s->product.options[i].values.count;
    *out = strings_with_room(pool, room);
    if (s->page == PAGE_DONE)
        return;
    add(out, room, s->page == PAGE_INDEX ? SLICE("search") : SLICE("back to search"));
    if (s->page == PAGE_RESULTS)
        add_results(s, pool, out, room);
    else if (s->page == PAGE_ITEM)
        add_item(s, out, room);
    else if (s->page != PAGE_INDEX)
        add(out, room, SLICE("< prev"));
}

bool shop_session_has_search_bar(const struct session *s)
{
    return s->page == PAGE_INDEX;
}

void shop_session_available(const struct session *s, struct text *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct strings list;
    shop_session_clickables(s, &pool, &list);
    text_format(out, "{'has_search_bar': %s, 'clickables': [",
                shop_session_has_search_bar(s) ? "True" : "False");
    for (size_t i = 0; i < list.count; i++) {
        text_put(out, i ? ", " : "");
        pyrepr_string(out, list.items[i]);
    }
    text_put(out, "]}");
}
