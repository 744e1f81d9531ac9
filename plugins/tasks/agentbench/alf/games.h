/* SPDX-License-Identifier: MIT */
/* The games of an instance, and its splits. */
#pragma once

#include <grasp/grasp.h>

#include "../data.h"
#include "scene.h"
#include "world.h"

#define OWN_GAME_COUNT 70

struct alf_game {
    struct world world;
    grasp_str why; /* why it cannot be played, empty if it can */
};

struct alf_sample {
    grasp_str id;
    grasp_str json; /* the object that samples() emits */
    const struct alf_game *game;
};

struct alf_split {
    const char *name;
    struct alf_sample *samples;
    size_t count;
};

struct games {
    struct pool pool;
    struct alf_game *games;
    size_t count;
    struct alf_split splits[DATA_SPLIT_COUNT];
};

/* data: the option; empty for games of our own. lists: folder of the lists of games and splits, if
 * that is another one. Games that cannot be played stay in their split, with the reason; a warning
 * says how many they are. */
int32_t games_load(grasp_call *call, struct games *out, grasp_str data, grasp_str lists);
const struct alf_sample *games_find(const struct games *games, grasp_str id);
void games_free(struct games *games);

/* The scene of our own with this number, below OWN_GAME_COUNT. */
void own_scene(struct pool *pool, size_t number, struct scene *out);
/* Where it is in a folder of games: "json_2.1.1/valid_unseen/FOLDER/trial_T.../game.tw-pddl". */
grasp_str own_path(struct pool *pool, size_t number, const struct scene *scene);
/* The household's texts. */
grasp_str own_domain(void);
grasp_str own_grammar(void);

/* How games, given by the counts of each type in their order, are drawn into dev and val. dev has
 * room for all; the return is how many are in dev, those of val follow. */
size_t games_draw(const size_t *counts, size_t types, size_t *out);
