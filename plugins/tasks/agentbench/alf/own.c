/* SPDX-License-Identifier: MIT */
/* The games in the box: as many of each type as AgentBench's lists have. */

#include "../data.h"
#include "games.h"

static const struct {
    enum scene_type type;
    size_t count;
} parts[] = {
    {SCENE_PUT, 9},  {SCENE_CLEAN, 9}, {SCENE_HEAT, 8}, {SCENE_COOL, 8},
    {SCENE_LOOK, 8}, {SCENE_TWO, 8},   {SCENE_PUT, 4},  {SCENE_CLEAN, 4},
    {SCENE_HEAT, 3}, {SCENE_COOL, 3},  {SCENE_LOOK, 3}, {SCENE_TWO, 3},
};

void own_scene(struct pool *pool, size_t number, struct scene *out)
{
    size_t part = 0, first = 0;
    while (number >= first + parts[part].count)
        first += parts[part++].count;
    scene_make(pool, parts[part].type, number, out);
}

grasp_str own_path(struct pool *pool, size_t number, const struct scene *scene)
{
    return pool_format(pool,
                       "json_2.1.1/valid_unseen/%.*s/trial_T20260101_000000_%06zu/game.tw-pddl",
                       (int)scene->folder.len, scene->folder.ptr, number);
}

grasp_str own_domain(void)
{
    return data_own_file("household.pddl");
}

grasp_str own_grammar(void)
{
    return data_own_file("household.twl2");
}
