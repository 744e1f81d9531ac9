/* SPDX-License-Identifier: MIT */
#include "chart.h"

#include <grasp/helpers.h>
#include <stdlib.h>
#include <strings.h>

#include "../answer.h"
#include "../pyliteral.h"
#include "common/slice.h"

/* Behind a dictionary may stand how many resources were left out of it. */
static grasp_str dictionary_of(grasp_str result)
{
    while (result.len && result.ptr[result.len - 1] != '}')
        result.len--;
    return result;
}

void chart_add(struct chart *chart, grasp_str result)
{
    struct text json CLEANUP_TEXT = {0};
    if (pyliteral_to_json(&json, dictionary_of(result)))
        rows_add(chart, &chart->shown, chart->json->parse(chart->call, text_view(&json), NULL));
}

void rows_add(const struct chart *chart, struct rows *rows, const grasp_json_value *row)
{
    POOL_RESERVE(chart->pool, rows->items, rows->count, rows->capacity);
    rows->items[rows->count++] = row;
}

struct rows rows_first(struct rows rows)
{
    return (struct rows){rows.items, rows.count ? 1 : 0, 0};
}

struct rows rows_last(struct rows rows)
{
    return rows.count ? (struct rows){rows.items + rows.count - 1, 1, 0} : rows;
}

struct rows chart_all(const struct chart *chart, const char *type)
{
    struct rows all = {0};
    for (size_t i = 0; i < chart->shown.count; i++) {
        const grasp_json_value *list = chart_get(chart, chart->shown.items[i], type);
        for (uint64_t k = 0; k < chart->json->count(list); k++)
            rows_add(chart, &all, chart->json->at(list, k));
    }
    return all;
}

struct timed {
    int64_t time;
    size_t place;
    const grasp_json_value *row;
};

static int by_time(const void *a, const void *b)
{
    const struct timed *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

void chart_sort(const struct chart *chart, struct rows rows, const char *key, const char *inner)
{
    struct timed *timed = pool_array(chart->pool, rows.count + 1, sizeof(*timed));
    for (size_t i = 0; i < rows.count; i++)
        timed[i] = (struct timed){chart_time(chart, rows.items[i], key, inner), i, rows.items[i]};
    qsort(timed, rows.count, sizeof(*timed), by_time);
    for (size_t i = 0; i < rows.count; i++)
        rows.items[i] = timed[i].row;
}

const grasp_json_value *chart_find(const struct chart *chart, const char *type, grasp_str id)
{
    for (size_t i = 0; id.len && i < chart->shown.count; i++) {
        const grasp_json_value *list = chart_get(chart, chart->shown.items[i], type);
        for (uint64_t k = 0; k < chart->json->count(list); k++)
            if (slice_eq(chart_text(chart, chart->json->at(list, k), "id"), id))
                return chart->json->at(list, k);
    }
    return NULL;
}

const grasp_json_value *chart_get(const struct chart *chart, const grasp_json_value *row,
                                  const char *key)
{
    return chart->json->get(row, grasp_cstr(key));
}

grasp_str chart_text(const struct chart *chart, const grasp_json_value *row, const char *key)
{
    return chart->json->as_string(chart_get(chart, row, key));
}

grasp_str chart_target(const struct chart *chart, const grasp_json_value *row, const char *key)
{
    grasp_str id = chart_text(chart, chart_get(chart, row, key), "reference");
    for (size_t i = id.len; i > 0; i--)
        if (id.ptr[i - 1] == '/')
            return slice_from(id, i);
    return id;
}

grasp_str chart_name(const struct chart *chart, const grasp_json_value *row, const char *key)
{
    const grasp_json_value *coding = chart_get(chart, chart_get(chart, row, key), "coding");
    grasp_str name = chart_text(chart, chart->json->at(coding, 0), "display");
    return name.len ? name : chart_text(chart, chart->json->at(coding, 0), "code");
}

int64_t chart_time(const struct chart *chart, const grasp_json_value *row, const char *key,
                   const char *inner)
{
    int64_t time = 0;
    grasp_str text =
        inner ? chart_text(chart, chart_get(chart, row, key), inner) : chart_text(chart, row, key);
    answer_time(text, &time);
    return time;
}

bool chart_same(grasp_str a, grasp_str b)
{
    struct text x CLEANUP_TEXT = {0}, y CLEANUP_TEXT = {0};
    text_line(&x, a);
    text_line(&y, b);
    return x.len == y.len && (!x.len || strncasecmp(x.ptr, y.ptr, x.len) == 0);
}
