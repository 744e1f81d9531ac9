/* SPDX-License-Identifier: MIT */
/* Shops well, with habits that lose a part of the reward. It knows the goals of our own catalogue;
 * in another one it buys the first product and the options that the instruction names. */
#include "common/pynumber.h"
#include "common/slice.h"
#include "rehearsal_view.h"
#include "tags.h"
#include "webshop.h"

#define PAGES_MAX 5

static const struct {
    uint32_t below;
    enum shop_tag tag;
} habits[] = {
    {15, SHOP_OPTION_NOT_CHOSEN},         {27, SHOP_FIRST_HIT_BOUGHT},
    {39, SHOP_WRONG_OPTION_CHOSEN},       {49, SHOP_OVER_THE_PRICE_LIMIT},
    {58, SHOP_WRONG_KIND_OF_PRODUCT},     {65, SHOP_KEPT_BROWSING},
    {71, SHOP_CLICKED_WHAT_IS_NOT_THERE}, {76, SHOP_ACTION_WRITTEN_AS_TEXT},
};

static int habit_of(const struct shop_view *view)
{
    uint32_t number = rehearsal_number(view->instruction);
    for (size_t i = 0; i < sizeof(habits) / sizeof(*habits); i++)
        if (number < habits[i].below)
            return (int)habits[i].tag;
    return -1;
}

/* Can this mistake be made here? */
static bool applies(const struct shop_view *view, enum shop_tag tag)
{
    switch ((int)tag) {
    case SHOP_OPTION_NOT_CHOSEN:
    case SHOP_WRONG_OPTION_CHOSEN:
        return view->options.count > 0;
    case SHOP_OVER_THE_PRICE_LIMIT:
        return view->limit >= 0;
    case SHOP_ATTRIBUTE_MISSING:
    case SHOP_TASK_ERROR:
        return false;
    default:
        return true;
    }
}

/* The mistake of this episode, or -1. What guidance demands comes before a habit, and what guidance
 * warns of is no habit any more. */
static int mistake_of(const struct shop_view *view)
{
    int habit = habit_of(view);
    for (int tag = 0; tag < SHOP_TAG_COUNT; tag++)
        if ((view->mentions.demanded & TAG_BIT(tag)) && applies(view, (enum shop_tag)tag))
            return tag;
    if (habit < 0 || (view->mentions.named & TAG_BIT(habit)) ||
        !applies(view, (enum shop_tag)habit))
        return -1;
    return habit;
}

static bool is_in(const struct strings *list, grasp_str text)
{
    for (size_t i = 0; i < list->count; i++)
        if (slice_eq(list->items[i], text))
            return true;
    return false;
}

static int32_t say(grasp_call *call, const struct shop_view *view, const char *tool,
                   const char *key, grasp_str value)
{
    struct text calls CLEANUP_TEXT = {0};
    text_format(&calls, "[{\"id\": \"call_%zu\", \"name\": \"%s\", \"arguments\": {\"%s\": ",
                view->turns + 1, tool, key);
    text_json(&calls, value);
    text_put(&calls, "}}]");
    grasp_message message = {
        .size = sizeof(message),
        .role = SLICE("agent"),
        .content = *key == 'k' ? SLICE("I look for it.") : SLICE("This is the next step."),
        .tool_calls = text_view(&calls),
    };
    return calls.failed ? grasp_fail(call, GRASP_E_NOMEM, "no memory for a reply")
                        : call->host->emit_message(call, &message);
}

static int32_t click(grasp_call *call, const struct shop_view *view, grasp_str value)
{
    return say(call, view, "click_action", "value", value);
}

static int32_t search(grasp_call *call, const struct shop_view *view, int mistake)
{
    grasp_str words = view->name.len ? view->name : view->instruction;
    if (view->name.len &&
        (mistake == SHOP_FIRST_HIT_BOUGHT || mistake == SHOP_OVER_THE_PRICE_LIMIT))
        words = view->query;
    if (mistake == SHOP_WRONG_KIND_OF_PRODUCT && view->attributes.count)
        words = view->attributes.items[0];
    return say(call, view, "search_action", "keywords", words);
}

/* A product of the page of results. */
struct row {
    grasp_str link, title, tag;
};

static grasp_str next_item(grasp_str *rest)
{
    size_t at = rest->len;
    slice_find(*rest, SLICE(" [SEP] "), 0, &at);
    grasp_str item = slice_cut(*rest, 0, at);
    *rest = at < rest->len ? slice_from(*rest, at + 7) : SLICE("");
    return item;
}

static bool is_link(grasp_str link, grasp_str shown)
{
    if (link.len != shown.len)
        return false;
    for (size_t i = 0; i < link.len; i++)
        if ((link.ptr[i] | 0x20) != (shown.ptr[i] | 0x20))
            return false;
    return true;
}

/* The row of a link, whose code stands in the page in upper case. */
static bool find_row(const struct shop_view *view, grasp_str link, struct row *out)
{
    grasp_str rest = view->page;
    while (rest.len) {
        if (!is_link(link, next_item(&rest)))
            continue;
        out->link = link;
        out->title = next_item(&rest);
        out->tag = next_item(&rest);
        return true;
    }
    return false;
}

/* Does the product suit the mistake? */
static bool is_tempting(const struct shop_view *view, const struct row *row, int mistake)
{
    size_t at = 0, space;
    double price;
    if (mistake == SHOP_OVER_THE_PRICE_LIMIT)
        return grasp_starts(row->tag, "$") && !slice_find(row->tag, SLICE(" to "), 0, &at) &&
               pynumber_float(slice_from(row->tag, 1), &price) && price > view->limit;
    if (mistake != SHOP_WRONG_KIND_OF_PRODUCT || !view->query.len)
        return mistake == SHOP_FIRST_HIT_BOUGHT;
    while (slice_find(view->query, SLICE(" "), at, &space))
        at = space + 1;
    grasp_str word = slice_from(view->query, at);
    for (size_t i = 0; i + word.len <= row->title.len; i++)
        if (is_link(word, slice_cut(row->title, i, i + word.len)))
            return false;
    return true;
}

static bool is_product(const struct shop_view *view, size_t at, struct row *out)
{
    grasp_str link = view->clickables.items[at];
    return !grasp_equal(link, "back to search") && !grasp_equal(link, "next >") &&
           !grasp_equal(link, "< prev") && find_row(view, link, out);
}

static int32_t open_product(grasp_call *call, const struct shop_view *view, int mistake)
{
    struct text asin CLEANUP_TEXT = {0};
    struct row row, first = {.link = SLICE("")};
    bool there = false;
    for (size_t i = 0; i < view->asin.len; i++)
        text_char(&asin,
                  (char)(view->asin.ptr[i] >= 'A' ? view->asin.ptr[i] | 0x20 : view->asin.ptr[i]));
    for (size_t i = 0; i < view->clickables.count; i++) {
        if (!is_product(view, i, &row))
            continue;
        if (!first.link.len)
            first = row;
        if (is_tempting(view, &row, mistake))
            return click(call, view, row.link);
        there |= asin.len && slice_eq(row.link, text_view(&asin));
    }
    if (mistake == SHOP_CLICKED_WHAT_IS_NOT_THERE && first.link.len)
        return click(call, view, first.title);
    if (mistake == SHOP_KEPT_BROWSING)
        return click(call, view, SLICE("next >"));
    if (there)
        return click(call, view, text_view(&asin));
    if (asin.len && first.link.len && view->nexts < PAGES_MAX)
        return click(call, view, SLICE("next >"));
    return click(call, view, first.link.len ? first.link : SLICE("back to search"));
}

/* The place of the first value of an option among what can be clicked. */
static size_t first_option(const struct shop_view *view)
{
    for (size_t i = 0; i < view->clickables.count; i++)
        if (grasp_equal(view->clickables.items[i], "buy now"))
            return i + 1;
    return view->clickables.count;
}

/* The option to be clicked next; false when all are. */
static bool next_option(const struct shop_view *view, int mistake, grasp_str *out)
{
    size_t from = first_option(view), at;
    if (mistake == SHOP_OPTION_NOT_CHOSEN)
        return false;
    for (size_t i = from; i < view->clickables.count; i++) {
        grasp_str value = view->clickables.items[i];
        bool wanted = view->asin.len ? is_in(&view->options, value)
                                     : slice_find(view->instruction, value, 0, &at);
        if (mistake == SHOP_WRONG_OPTION_CHOSEN && view->clicked.count < view->options.count)
            wanted = !is_in(&view->options, value);
        else if (mistake == SHOP_WRONG_OPTION_CHOSEN)
            return false;
        if (wanted && !is_in(&view->clicked, value)) {
            *out = value;
            return true;
        }
    }
    return false;
}

static int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    struct pool pool CLEANUP_POOL = {0};
    struct shop_view view;
    grasp_str value;
    if (!shop_view_read(call, &pool, request, &view))
        return GRASP_E_UNSUPPORTED;
    int mistake = mistake_of(&view);
    if (mistake == SHOP_ACTION_WRITTEN_AS_TEXT)
        return grasp_say(call, "agent", SLICE("I act now: search[what was asked for]"));
    if (view.has_search_bar)
        return search(call, &view, mistake);
    if (is_in(&view.clickables, SLICE("next >")))
        return open_product(call, &view, mistake);
    if (!is_in(&view.clickables, SLICE("buy now")))
        return click(call, &view, SLICE("< prev"));
    if (next_option(&view, mistake, &value))
        return click(call, &view, value);
    return click(call, &view, SLICE("buy now"));
}

const grasp_rehearsal webshop_rehearsal = {
    .size = sizeof(webshop_rehearsal),
    .reply = reply,
};
