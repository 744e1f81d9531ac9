/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#include "common/slice.h"

struct cook {
    struct pool *pool;
    struct state state;
    struct recipe recipe;
    size_t capacity;
};

/* Runs the command that is about these two, if there is one now. */
static bool run(struct cook *cook, enum verb verb, uint16_t first, uint16_t second)
{
    struct text said CLEANUP_TEXT = {0};
    for (size_t i = 0; i < cook->state.command_count; i++) {
        const struct command *command = &cook->state.commands[i];
        if (command->verb != verb || command->first != first ||
            (second != ENTITY_NONE && command->second != second))
            continue;
        struct recipe *recipe = &cook->recipe;
        POOL_RESERVE(cook->pool, recipe->commands, recipe->count, cook->capacity);
        recipe->commands[recipe->count] = pool_dup(cook->pool, command->text);
        state_run(&cook->state, recipe->commands[recipe->count++], &said);
        return true;
    }
    return false;
}

/* Stands before the receptacle, and it is open. */
static void visit(struct cook *cook, uint16_t receptacle)
{
    if (!state_is_here(&cook->state, receptacle))
        run(cook, VERB_GO, receptacle, ENTITY_NONE);
    run(cook, VERB_OPEN, receptacle, ENTITY_NONE);
}

static uint16_t receptacle_of_type(const struct world *world, uint16_t type)
{
    const struct relation *types = &world->facts[RECEPTACLE_TYPE];
    for (size_t i = 0; i < types->count; i++)
        if (types->pairs[i].second == type)
            return types->pairs[i].first;
    return ENTITY_NONE;
}

/* An object of the type that is not in `avoid`, and where it is. */
static bool find(const struct cook *cook, uint16_t type, uint16_t avoid, struct pair *out)
{
    const struct relation *inside = &cook->state.inside;
    for (size_t i = 0; i < inside->count; i++) {
        *out = inside->pairs[i];
        if (out->second != avoid &&
            relation_has(&cook->state.world->facts[OBJECT_TYPE], out->first, type))
            return true;
    }
    return false;
}

static bool fetch(struct cook *cook, uint16_t type, uint16_t avoid, uint16_t *out_object)
{
    struct pair where;
    if (!find(cook, type, avoid, &where))
        return false;
    visit(cook, where.second);
    *out_object = where.first;
    return run(cook, VERB_TAKE, where.first, where.second);
}

static void treat(struct cook *cook, enum scene_type type, uint16_t object)
{
    const struct world *world = cook->state.world;
    uint16_t appliance = type == SCENE_CLEAN  ? world->sink
                         : type == SCENE_HEAT ? world->microwave
                                              : world->fridge;
    enum verb verb = type == SCENE_CLEAN ? VERB_CLEAN : type == SCENE_HEAT ? VERB_HEAT : VERB_COOL;
    uint16_t receptacle = receptacle_of_type(world, appliance);
    if (!state_is_here(&cook->state, receptacle))
        run(cook, VERB_GO, receptacle, ENTITY_NONE);
    run(cook, verb, object, ENTITY_NONE);
}

static void deliver(struct cook *cook, const struct scene *scene)
{
    const struct world *world = cook->state.world;
    uint16_t type = world_find(world, scene->object_type), object;
    uint16_t target = receptacle_of_type(world, world_find(world, scene->receptacle_type));
    for (int i = 0; i < (scene->type == SCENE_TWO ? 2 : 1); i++) {
        if (!fetch(cook, type, target, &object))
            return;
        if (scene->type == SCENE_CLEAN || scene->type == SCENE_HEAT || scene->type == SCENE_COOL)
            treat(cook, scene->type, object);
        visit(cook, target);
        run(cook, VERB_PUT, object, target);
    }
}

static void look(struct cook *cook, const struct scene *scene)
{
    const struct world *world = cook->state.world;
    uint16_t object;
    struct pair lamp;
    if (!fetch(cook, world_find(world, scene->object_type), ENTITY_NONE, &object) ||
        !find(cook, world_find(world, scene->receptacle_type), ENTITY_NONE, &lamp))
        return;
    visit(cook, lamp.second);
    run(cook, VERB_USE, lamp.first, ENTITY_NONE);
}

bool recipe_make(struct pool *pool, const struct world *world, const struct scene *scene,
                 struct recipe *out)
{
    struct cook cook = {.pool = pool};
    bool won = false;
    if (state_start(&cook.state, world)) {
        if (scene->type == SCENE_LOOK)
            look(&cook, scene);
        else
            deliver(&cook, scene);
        won = state_won(&cook.state) && !cook.state.failed;
    }
    state_finish(&cook.state);
    *out = cook.recipe;
    return won;
}
