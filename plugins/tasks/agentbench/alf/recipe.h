/* SPDX-License-Identifier: MIT */
/* How a scene of our own is won: find, open, take, treat, open, put. */
#pragma once

#include "scene.h"
#include "state.h"

struct recipe {
    grasp_str *commands;
    size_t count;
};

/* Plays the scene in a world made of it. False: the recipe does not win. */
bool recipe_make(struct pool *pool, const struct world *world, const struct scene *scene,
                 struct recipe *out);
