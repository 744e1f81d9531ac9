/* SPDX-License-Identifier: MIT */
/* Lists of texts whose arrays live in a pool. A zeroed struct is an empty list. The texts are
 * borrowed: they must live as long as the list. A copy of the struct shares the array: what is
 * added to both is written to the same places. */
#pragma once

#include "common/pool.h"
#include <stdbool.h>

struct strings {
    grasp_str *items;
    size_t count, capacity;
};

struct strings strings_with_room(struct pool *pool, size_t count);
void strings_add(struct pool *pool, struct strings *list, grasp_str text);
/* Position of the first that is the same, by bytes; `count` if none is. */
size_t strings_find(const struct strings *list, grasp_str text);
bool strings_have(const struct strings *list, grasp_str text);
/* All, with a blank between two, as a new text in the pool. */
grasp_str strings_joined(struct pool *pool, const struct strings *list);
