/* SPDX-License-Identifier: MIT */
#include "rehearsal_view.h"

#include "../data.h"
#include "common/pynumber.h"
#include "common/slice.h"
#include "tags.h"

static bool between(grasp_str text, const char *before, const char *after, grasp_str *out)
{
    size_t start, end;
    if (!slice_find(text, grasp_cstr(before), 0, &start))
        return false;
    text = slice_from(text, start + strlen(before));
    if (!slice_find(text, grasp_cstr(after), 0, &end))
        return false;
    *out = slice_cut(text, 0, end);
    return true;
}

static void read_instruction(grasp_str text, struct shop_view *view)
{
    static const char mark[] = ", and price lower than ";
    size_t at, end;
    view->limit = -1;
    view->instruction = text;
    if (!slice_find(text, grasp_cstr(mark), 0, &at))
        return;
    view->instruction = slice_cut(text, 0, at);
    grasp_str rest = slice_from(text, at + sizeof(mark) - 1);
    if (slice_find(rest, SLICE(" "), 0, &end))
        pynumber_float(slice_cut(rest, 0, end), &view->limit);
}

/* Values as Python prints them, between the brackets of a list. */
static void read_clickables(struct pool *pool, grasp_str list, struct strings *out)
{
    *out = (struct strings){0};
    for (size_t at = 0; at < list.len;) {
        struct text value CLEANUP_TEXT = {0};
        char quote = list.ptr[at++];
        if (quote != '\'' && quote != '"')
            continue;
        for (; at < list.len && list.ptr[at] != quote; at++) {
            if (list.ptr[at] == '\\' && at + 1 < list.len)
                at++;
            text_char(&value, list.ptr[at]);
        }
        at++;
        strings_add(pool, out, pool_dup(pool, text_view(&value)));
    }
}

static void read_page(struct pool *pool, grasp_str text, struct shop_view *view)
{
    grasp_str list = SLICE(""), line = SLICE("");
    size_t at;
    if (!slice_find(text, SLICE("\n\nAvailable Actions:\n"), 0, &at))
        return;
    view->page = slice_cut(text, 0, at);
    text = slice_from(text, at + 22);
    slice_line(&text, &line);
    view->has_search_bar = slice_find(line, SLICE("'has_search_bar': True"), 0, &at);
    if (slice_find(line, SLICE("'clickables': ["), 0, &at))
        list = slice_from(line, at + 15);
    read_clickables(pool, list, &view->clickables);
}

static bool is_product_link(grasp_str value)
{
    return value.len == 10 && (grasp_starts(value, "b0") || grasp_starts(value, "B0"));
}

static void read_call(grasp_call *call, struct pool *pool, grasp_str calls, struct shop_view *view)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str key;
    const grasp_json_value *use = json->at(json->parse(call, calls, NULL), 0);
    const grasp_json_value *arguments = json->get(use, SLICE("arguments"));
    grasp_str value = json->as_string(json->member(arguments, 0, &key));
    bool click = grasp_equal(json->as_string(json->get(use, SLICE("name"))), "click_action");
    view->nexts += click && grasp_equal(value, "next >");
    if (!click || is_product_link(value)) {
        view->clicked.count = 0;
        return;
    }
    strings_add(pool, &view->clicked, pool_dup(pool, value));
}

/* The line of one of our files that has this in it, as JSON. */
static const grasp_json_value *find_line(grasp_call *call, const char *name, grasp_str part)
{
    grasp_str rest = data_own_file(name), line;
    size_t at;
    if (!slice_find(rest, part, 0, &at))
        return NULL;
    while (at && rest.ptr[at - 1] != '\n')
        at--;
    rest = slice_from(rest, at);
    if (!slice_line(&rest, &line))
        return NULL;
    if (slice_ends(line, ","))
        line.len--;
    return grasp_json_of(call)->parse(call, line, NULL);
}

static void copy_list(struct pool *pool, const grasp_json *json, const grasp_json_value *list,
                      struct strings *out)
{
    *out = strings_with_room(pool, json->count(list));
    for (uint64_t i = 0; i < json->count(list); i++)
        strings_add(pool, out, pool_dup(pool, json->as_string(json->at(list, i))));
}

static void look_up(grasp_call *call, struct pool *pool, struct shop_view *view)
{
    const grasp_json *json = grasp_json_of(call);
    struct text part CLEANUP_TEXT = {0};
    text_put(&part, "\"instruction\": ");
    text_json(&part, view->instruction);
    const grasp_json_value *goal =
        find_line(call, "webshop_items_human_ins.json", text_view(&part));
    view->asin = pool_dup(pool, json->as_string(json->get(goal, SLICE("asin"))));
    copy_list(pool, json, json->get(goal, SLICE("instruction_attributes")), &view->attributes);
    copy_list(pool, json, json->get(goal, SLICE("instruction_options")), &view->options);
    if (!view->asin.len)
        return;
    text_reset(&part);
    text_put(&part, "{\"asin\": ");
    text_json(&part, view->asin);
    const grasp_json_value *product =
        find_line(call, "webshop_items_shuffle.json", text_view(&part));
    view->name = pool_dup(pool, json->as_string(json->get(product, SLICE("name"))));
    view->query = pool_dup(pool, json->as_string(json->get(product, SLICE("query"))));
}

/* Each page has it, and the first one may be out of sight in a long conversation. */
static bool find_instruction(grasp_str text, grasp_str *out)
{
    static const char start[] = "Instruction: [SEP] ";
    size_t at;
    return slice_find(text, SLICE("\n\nAvailable Actions:\n{'has_search_bar': "), 0, &at) &&
           (between(text, start, " [SEP] Back to Search", out) ||
            between(text, start, " [SEP] Search", out));
}

bool shop_view_read(grasp_call *call, struct pool *pool, const grasp_rehearsal_request *request,
                    struct shop_view *out)
{
    grasp_str instruction;
    bool begun = false;
    *out = (struct shop_view){.page = SLICE("")};
    for (uint64_t i = 0; i < request->count; i++) {
        const grasp_message *message = request->messages[i];
        if (rehearsal_is_agent(message)) {
            out->turns++;
            read_call(call, pool, message->tool_calls, out);
        } else {
            if (!begun && find_instruction(message->content, &instruction)) {
                begun = true;
                read_instruction(instruction, out);
            }
            read_page(pool, message->content, out);
        }
    }
    if (!begun)
        return false;
    rehearsal_mentions(request, &webshop_tags, &out->mentions);
    look_up(call, pool, out);
    return true;
}
