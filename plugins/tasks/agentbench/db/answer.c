/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <grasp/helpers.h>
#include <math.h>
#include <strings.h>

#include "common/pynumber.h"
#include "common/slice.h"
#include "entry.h"

#define TOLERANCE 0.01

struct list {
    struct pool *pool;
    struct answer *out;
    size_t capacity;
};

static grasp_str trim_quotes(grasp_str text)
{
    while (text.len && (*text.ptr == '\'' || *text.ptr == '"'))
        text = slice_from(text, 1);
    while (text.len && (text.ptr[text.len - 1] == '\'' || text.ptr[text.len - 1] == '"'))
        text.len--;
    return text;
}

static bool is_nothing(grasp_str text)
{
    static const char *const words[] = {"",    "none",     "null", "undefined", "nan",
                                        "inf", "infinity", "-inf", "-infinity"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (text.len == strlen(words[i]) && strncasecmp(text.ptr, words[i], text.len) == 0)
            return true;
    return false;
}

grasp_str answer_normal(struct pool *pool, grasp_str text)
{
    struct text out CLEANUP_TEXT = {0};
    text = slice_trim(text);
    if (slice_ends(text, "%"))
        return pool_dup(pool, slice_trim(slice_cut(text, 0, text.len - 1)));
    bool bracketed = text.len && (*text.ptr == '[' || text.ptr[text.len - 1] == ']');
    for (size_t i = 0; i < text.len; i++)
        if (bracketed || text.ptr[i] != ',')
            text_char(&out, text.ptr[i]);
    return is_nothing(text_view(&out)) ? SLICE("0") : pool_dup(pool, text_view(&out));
}

static void add(struct list *list, grasp_str text)
{
    struct answer *out = list->out;
    POOL_RESERVE(list->pool, out->items, out->count, list->capacity);
    out->items[out->count++] = answer_normal(list->pool, trim_quotes(slice_trim(text)));
}

static void add_value(struct list *list, const struct py *value)
{
    struct text text CLEANUP_TEXT = {0};
    py_str(&text, value);
    add(list, text_view(&text));
}

static bool is_one(const struct py *value)
{
    return value->kind == PY_TUPLE && py_count(value) == 1;
}

static void add_items(struct list *list, const struct py *value)
{
    for (const struct py *item = value->item; item; item = item->next)
        add_value(list, is_one(item) ? item->item : item);
}

static bool is_bracketed(grasp_str text)
{
    return text.len > 1 && *text.ptr == '[' && text.ptr[text.len - 1] == ']';
}

static bool all_tuples(const struct py *value)
{
    for (const struct py *item = value->item; item; item = item->next)
        if (item->kind != PY_TUPLE)
            return false;
    return value->kind == PY_LIST;
}

/* [(TEXT,)], whatever the text is. */
static bool single_row(grasp_str text, grasp_str *out)
{
    size_t second;
    text = slice_cut(text, 1, text.len - 1);
    if (!grasp_starts(text, "(") || !slice_ends(text, ",)") ||
        slice_find(text, SLICE("("), 1, &second))
        return false;
    *out = slice_cut(text, 1, text.len - 2);
    return true;
}

/* At commas outside quotes, which are dropped. */
static void split(struct list *list, grasp_str inside)
{
    struct text piece CLEANUP_TEXT = {0};
    bool quoted = false;
    for (size_t i = 0; i <= inside.len; i++) {
        char c = i < inside.len ? inside.ptr[i] : ',';
        if (c == '\'' || c == '"')
            quoted = !quoted;
        else if (c != ',' || (quoted && i < inside.len))
            text_char(&piece, c);
        else {
            if (slice_trim(text_view(&piece)).len)
                add(list, text_view(&piece));
            text_reset(&piece);
        }
    }
}

/* What the driver would have shown: a list of rows. */
static bool clean_rows(struct list *list, grasp_str text)
{
    struct py value;
    grasp_str inside;
    if (!is_bracketed(text))
        return false;
    if (py_read(list->pool, text, &value) && all_tuples(&value)) {
        for (const struct py *item = value.item; item; item = item->next)
            if (is_one(item))
                add_value(list, item->item);
        return true;
    }
    if (!single_row(text, &inside))
        return false;
    add(list, inside);
    return true;
}

static void clean_text(struct list *list, grasp_str text)
{
    struct py value;
    if (clean_rows(list, text))
        return;
    text = slice_trim(text);
    if (!is_bracketed(text))
        add(list, text);
    else if (py_read(list->pool, text, &value) && value.kind == PY_LIST)
        add_items(list, &value);
    else
        split(list, slice_cut(text, 1, text.len - 1));
}

void answer_clean(struct pool *pool, const struct py *value, struct answer *out)
{
    struct list list = {.pool = pool, .out = out};
    *out = (struct answer){0};
    if (value->kind == PY_NONE)
        add(&list, SLICE("0"));
    else if (value->kind == PY_STR)
        clean_text(&list, value->text);
    else if (value->kind == PY_LIST || value->kind == PY_TUPLE)
        add_items(&list, value);
    else
        add_value(&list, value);
}

bool answer_numbers_equal(grasp_str a, grasp_str b)
{
    double x, y;
    return pynumber_float(a, &x) && pynumber_float(b, &y) && fabs(x - y) <= TOLERANCE;
}

static bool is_number(grasp_str text)
{
    double ignored;
    return pynumber_float(text, &ignored);
}

static bool all_numbers(const struct answer *answer)
{
    for (size_t i = 0; i < answer->count; i++)
        if (!is_number(answer->items[i]))
            return false;
    return true;
}

/* Each number takes the first of the others that is near enough and still free. */
static bool numbers_match(struct pool *pool, const struct answer *a, const struct answer *b)
{
    bool *taken = pool_array(pool, b->count + 1, sizeof(*taken));
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        size_t k = 0;
        while (k < b->count && (taken[k] || !answer_numbers_equal(a->items[i], b->items[k])))
            k++;
        if (k == b->count)
            return false;
        taken[k] = true;
    }
    return true;
}

static bool has(const struct answer *answer, grasp_str text)
{
    for (size_t i = 0; i < answer->count; i++)
        if (slice_eq(answer->items[i], text))
            return true;
    return false;
}

static bool is_subset(const struct answer *a, const struct answer *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!has(b, a->items[i]))
            return false;
    return true;
}

static bool same_in_order(const struct answer *a, const struct answer *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++)
        if (!slice_eq(a->items[i], b->items[i]))
            return false;
    return a->count == b->count;
}

bool answer_equal(struct pool *pool, const struct py *answer, const struct py *truth,
                  grasp_str type)
{
    struct answer a, b;
    answer_clean(pool, answer, &a);
    answer_clean(pool, truth, &b);
    if (type_is_mutation(type))
        return same_in_order(&a, &b);
    if (a.count == 1 && b.count == 1) {
        if (is_number(a.items[0]) && is_number(b.items[0]))
            return answer_numbers_equal(a.items[0], b.items[0]);
        return slice_eq(a.items[0], b.items[0]);
    }
    if (all_numbers(&a) && all_numbers(&b))
        return numbers_match(pool, &a, &b);
    return is_subset(&a, &b) && is_subset(&b, &a);
}
