/* SPDX-License-Identifier: MIT */
/* What the programs on WebShop's recorded cases share. */
#pragma once

#include "golden_agentbench_web_alf.h"
#include "tasks/agentbench/webshop/reward.h"
#include "tasks/agentbench/webshop/webshop.h"

static inline struct strings golden_strings(struct pool *pool, const struct json *array)
{
    struct strings out = strings_with_room(pool, json_count(array));
    for (size_t i = 0; i < json_count(array); i++)
        strings_add(pool, &out, pool_dup(pool, golden_in(json_str(json_at(array, i)))));
    return out;
}

static inline grasp_str golden_member(struct pool *pool, const struct json *object, const char *key)
{
    return pool_dup(pool, golden_in(json_str(json_get(object, key))));
}

/* A product as the reference has it loaded. */
struct product golden_product(struct pool *pool, const struct json *value);
struct goal golden_goal(struct pool *pool, const struct json *value);
bool golden_near(double a, double b, double relative);
void golden_expect_strings(struct golden *g, const char *what, const struct strings *got,
                           const struct json *want);
void golden_expect_reward(struct golden *g, const struct reward *got, const struct json *info);
