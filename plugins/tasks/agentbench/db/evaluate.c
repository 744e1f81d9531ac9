/* SPDX-License-Identifier: MIT */
#include "evaluate.h"

#include <grasp/helpers.h>

#include "answer.h"
#include "common/pynumber.h"
#include "common/slice.h"
#include "entry.h"

/* As a list of texts; a text that is a Python list is read as one. */
static void read_list(struct pool *pool, const struct py *value, struct answer *out)
{
    struct py inside;
    size_t capacity = 0;
    if (value->kind == PY_STR && py_read(pool, value->text, &inside) &&
        (inside.kind == PY_LIST || inside.kind == PY_TUPLE))
        value = &inside;
    bool many = value->kind == PY_LIST || value->kind == PY_TUPLE;
    const struct py *item = many ? value->item : value;
    *out = (struct answer){0};
    for (; item; item = many ? item->next : NULL) {
        struct text text CLEANUP_TEXT = {0};
        py_str(&text, item->kind == PY_TUPLE && py_count(item) == 1 ? item->item : item);
        POOL_RESERVE(pool, out->items, out->count, capacity);
        out->items[out->count++] = pool_dup(pool, slice_trim(text_view(&text)));
    }
}

static bool read_number(struct pool *pool, grasp_str text, double *out)
{
    struct text plain CLEANUP_TEXT = {0};
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ',')
            text_char(&plain, text.ptr[i]);
    return pynumber_float(pool_dup(pool, text_view(&plain)), out);
}

static bool all_in(const struct answer *a, const struct answer *b)
{
    for (size_t i = 0; i < a->count; i++) {
        size_t k = 0;
        while (k < b->count && !slice_eq(a->items[i], b->items[k]))
            k++;
        if (k == b->count)
            return false;
    }
    return true;
}

static bool same(struct pool *pool, const struct answer *a, const struct answer *b)
{
    double x, y;
    if (a->count == 1 && b->count == 1 && read_number(pool, a->items[0], &x) &&
        read_number(pool, b->items[0], &y))
        return x == y;
    return all_in(a, b) && all_in(b, a);
}

bool evaluate_result(grasp_call *call, const grasp_json_value *truth, grasp_str type,
                     const grasp_json_value *result)
{
    static const char *const keys[] = {"answer", "reported_answer"};
    const grasp_json *json = grasp_json_of(call);
    struct pool pool CLEANUP_POOL = {0};
    struct py want, given;
    py_of_json(&pool, json, truth, &want);
    if (want.kind == PY_NONE)
        return false;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        struct text a CLEANUP_TEXT = {0}, b CLEANUP_TEXT = {0};
        struct answer x, y;
        py_of_json(&pool, json, json->get(result, grasp_cstr(keys[i])), &given);
        if (given.kind == PY_NONE)
            continue;
        py_str(&a, &given);
        py_str(&b, &want);
        if (type_is_mutation(type)) {
            if (slice_eq(slice_trim(text_view(&a)), slice_trim(text_view(&b))))
                return true;
            continue;
        }
        read_list(&pool, &given, &x);
        read_list(&pool, &want, &y);
        if (same(&pool, &x, &y))
            return true;
    }
    return false;
}
