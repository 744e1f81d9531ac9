/* SPDX-License-Identifier: MIT */
/* Conditions over facts: and, or, not, imply, exists, forall, =. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "pddl.h"

struct goal;
struct world;
struct world_error;

/* Which facts there are. unary: one bit of enum unary. hopeful: what is denied counts as true, to
 * ask what could ever hold. */
struct facts {
    bool (*unary)(const void *context, uint32_t bit, uint16_t entity);
    bool (*binary)(const void *context, int predicate, uint16_t first, uint16_t second);
    const void *context;
    bool hopeful;
};

/* From the condition's text; lives in the world's pool. NULL: *error says why. */
struct goal *goal_read(struct world *world, const struct pddl *condition,
                       struct world_error *error);
bool goal_holds(const struct goal *goal, const struct facts *facts);
