/* SPDX-License-Identifier: MIT */
/* The games in the box: as many of each type as AgentBench's lists have. */
#include <string.h>

#include "../agentbench.h"
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

static grasp_str built_in(const char *name)
{
    const struct embedded_file *file = agentbench_prompts;
    while (file->name && strcmp(file->name, name) != 0)
        file++;
    return (grasp_str){file->text, file->len};
}

grasp_str own_domain(void)
{
    return built_in("household.pddl");
}

grasp_str own_grammar(void)
{
    return built_in("household.twl2");
}
