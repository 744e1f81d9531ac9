/* SPDX-License-Identifier: MIT */
/* The resources that tools have shown in a conversation, as text, and what one finds in them. */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>

#include "common/pool.h"
#include "common/text.h"

/* Resources, or other JSON values. A zeroed struct has none; the array lives in a pool. */
struct rows {
    const grasp_json_value **items;
    size_t count, capacity;
};

struct chart {
    grasp_call *call;
    const grasp_json *json;
    struct pool *pool;
    struct rows shown; /* a dictionary of lists by type for each result */
};

/* Adds what a tool has shown. A text that is no dictionary adds nothing. */
void chart_add(struct chart *chart, grasp_str result);

void rows_add(const struct chart *chart, struct rows *rows, const grasp_json_value *row);
struct rows rows_first(struct rows rows); /* at most one */
struct rows rows_last(struct rows rows);

/* All of a type, in the order in which they were shown. */
struct rows chart_all(const struct chart *chart, const char *type);
/* In the order of the time at `key`, or at `key`.`inner` if that is not NULL. */
void chart_sort(const struct chart *chart, struct rows rows, const char *key, const char *inner);
/* NULL if none of the type with this id was shown. */
const grasp_json_value *chart_find(const struct chart *chart, const char *type, grasp_str id);

const grasp_json_value *chart_get(const struct chart *chart, const grasp_json_value *row,
                                  const char *key);
grasp_str chart_text(const struct chart *chart, const grasp_json_value *row, const char *key);
/* The id that the reference at a key leads to; empty if there is none. */
grasp_str chart_target(const struct chart *chart, const grasp_json_value *row, const char *key);
/* What the first coding of the concept at a key is called: its display, else its code. */
grasp_str chart_name(const struct chart *chart, const grasp_json_value *row, const char *key);
/* Seconds of the clock on the wall, without an offset. */
int64_t chart_time(const struct chart *chart, const grasp_json_value *row, const char *key,
                   const char *inner);
/* The same words, in any case and with any blanks? */
bool chart_same(grasp_str a, grasp_str b);
