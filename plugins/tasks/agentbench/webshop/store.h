/* SPDX-License-Identifier: MIT */
/* The products and goals in SQLite. All functions may be called from several threads. */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>

#include "common/pool.h"

struct store;

/* path: NULL for a store in memory. writable: a new one is made. NULL, explained, on errors. */
struct store *shop_store_open(grasp_call *call, const char *path, bool writable);
void shop_store_close(struct store *store); /* takes NULL */

/* Between begin and finish, from one thread. row counts from 0. False after an error, which finish
 * explains. */
bool shop_store_begin(struct store *store);
bool shop_store_add_product(struct store *store, uint32_t row, grasp_str asin, grasp_str category,
                            grasp_str query, grasp_str fields);
bool shop_store_add_goal(struct store *store, uint32_t position, grasp_str fields);
bool shop_store_has(struct store *store, grasp_str asin);
/* source: what shop_store_source() gives afterwards. */
int32_t shop_store_finish(grasp_call *call, struct store *store, grasp_str source);

grasp_str shop_store_source(struct store *store, struct pool *pool);
uint32_t shop_store_count(struct store *store);
/* The fields of a product by row or by asin; false if there is none. */
bool shop_store_product(struct store *store, uint32_t row, struct pool *pool,
                        grasp_str *out_fields);
bool shop_store_find(struct store *store, grasp_str asin, uint32_t *out_row);
/* Rows with this category ("category") or query ("query"), in their order. */
size_t shop_store_select(struct store *store, const char *column, grasp_str value,
                         struct pool *pool, uint32_t **out_rows);
/* All goals in their order; returns how many. */
size_t shop_store_goals(struct store *store, struct pool *pool, grasp_str **out_fields);
