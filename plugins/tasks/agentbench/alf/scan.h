/* SPDX-License-Identifier: MIT */
/* A folder of ALFWorld's games: json_2.1.1/valid_unseen/FOLDER/TRIAL/game.tw-pddl. */
#pragma once

#include <grasp/grasp.h>

#include "common/pool.h"

struct found_game {
    grasp_str path;   /* below the data folder */
    grasp_str folder; /* "pick_and_place_simple-Mug-None-Desk-308" */
    int type;         /* enum scene_type */
};

struct found_games {
    struct found_game *items; /* by type, then by path */
    size_t count, capacity;
};

/* The folder of games in the data folder: "json_2.1.1", or that of a later version; NULL if there
 * is none. */
const char *scan_version(grasp_call *call, grasp_str data);
/* The games of valid_unseen. Those that ALFWorld itself leaves out are not among them. */
void scan_games(grasp_call *call, struct pool *pool, grasp_str data, const char *version,
                struct found_games *out);
