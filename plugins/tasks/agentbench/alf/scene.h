/* SPDX-License-Identifier: MIT */
/* Scenes of our own: rooms with furniture and things in it, drawn from a seed. */
#pragma once

#include "world.h"

enum scene_type { SCENE_PUT, SCENE_CLEAN, SCENE_HEAT, SCENE_COOL, SCENE_LOOK, SCENE_TWO };
#define SCENE_TYPE_COUNT 6

struct scene {
    enum scene_type type;
    grasp_str folder;                       /* "pick_and_place_simple-Mug-None-Shelf-12" */
    grasp_str task;                         /* sentence, without a full stop */
    grasp_str problem;                      /* PDDL */
    grasp_str object_type, receptacle_type; /* ids, in lower case; of SCENE_LOOK the lamp's */
};

/* Lives in the pool. The same type and seed always give the same scene. */
void scene_make(struct pool *pool, enum scene_type type, uint64_t seed, struct scene *out);
/* The grammar with the scene's task in place of UNKNOWN GOAL. */
grasp_str scene_grammar(struct pool *pool, grasp_str grammar, grasp_str task);

/* Names as in the lists of games ("pick_and_place") and in folders ("pick_and_place_simple"). */
const char *scene_type_name(enum scene_type type);
const char *scene_type_folder(enum scene_type type);
