/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <stdlib.h>
#include <string.h>

#include "common/slice.h"

/* Beyond this a sort that likes what is nearly sorted is not worth it. */
#define FEW 200

static bool reserve(struct state *state, size_t len)
{
    if (state->command_count == state->command_capacity) {
        size_t capacity = state->command_capacity ? 2 * state->command_capacity : 64;
        struct command *commands = realloc(state->commands, capacity * sizeof(*commands));
        if (!commands)
            return false;
        state->commands = commands;
        state->command_capacity = capacity;
    }
    if (state->text_len + len > state->text_capacity) {
        size_t capacity = 2 * state->text_capacity + len + 1024;
        char *texts = realloc(state->texts, capacity);
        if (!texts)
            return false;
        state->texts = texts;
        state->text_capacity = capacity;
    }
    return true;
}

static void put(struct state *state, grasp_str part)
{
    memcpy(state->texts + state->text_len, part.ptr, part.len);
    state->text_len += part.len;
}

/* before, name, between, name. */
static void add(struct state *state, struct command command, grasp_str before, grasp_str between)
{
    const struct entity *entities = state->world->entities;
    grasp_str first = command.first == ENTITY_NONE ? SLICE("") : entities[command.first].name;
    grasp_str second = between.len ? entities[command.second].name : SLICE("");
    size_t len = before.len + first.len + between.len + second.len;
    if (state->failed || !reserve(state, len)) {
        state->failed = true;
        return;
    }
    command.text = (grasp_str){NULL, len};
    command.at = state->text_len;
    put(state, before);
    put(state, first);
    put(state, between);
    put(state, second);
    state->commands[state->command_count++] = command;
}

static bool is_of_type(const struct world *world, uint16_t receptacle, uint16_t type)
{
    return type != ENTITY_NONE && relation_has(&world->facts[RECEPTACLE_TYPE], receptacle, type);
}

static bool can_put(const struct world *world, uint16_t object, uint16_t receptacle)
{
    const struct relation *of_object = &world->facts[OBJECT_TYPE];
    const struct relation *of_receptacle = &world->facts[RECEPTACLE_TYPE];
    for (size_t i = relation_at(of_object, object);
         i < of_object->count && of_object->pairs[i].first == object; i++)
        for (size_t k = relation_at(of_receptacle, receptacle);
             k < of_receptacle->count && of_receptacle->pairs[k].first == receptacle; k++)
            if (world_is(world, of_object->pairs[i].second, KIND_OTYPE) &&
                world_is(world, of_receptacle->pairs[k].second, KIND_RTYPE) &&
                relation_has(&world->facts[CAN_CONTAIN], of_receptacle->pairs[k].second,
                             of_object->pairs[i].second))
                return true;
    return false;
}

static void list_held(struct state *state, uint16_t receptacle, bool accessible)
{
    const struct world *world = state->world;
    static const struct {
        enum verb verb;
        uint32_t needs;
        size_t type;
        grasp_str before;
    } ways[] = {
        {VERB_CLEAN, CLEANABLE, offsetof(struct world, sink), {"clean ", 6}},
        {VERB_COOL, COOLABLE, offsetof(struct world, fridge), {"cool ", 5}},
        {VERB_HEAT, HEATABLE, offsetof(struct world, microwave), {"heat ", 5}},
    };
    for (size_t i = 0; i < state->held.count; i++) {
        uint16_t object = state->held.pairs[i].second;
        for (size_t k = 0; k < sizeof(ways) / sizeof(*ways); k++)
            if ((state->flags[object] & ways[k].needs) &&
                is_of_type(world, receptacle,
                           *(const uint16_t *)((const char *)world + ways[k].type)))
                add(state,
                    (struct command){.verb = ways[k].verb, .first = object, .second = receptacle},
                    ways[k].before, SLICE(" with "));
        if (accessible && can_put(world, object, receptacle))
            add(state, (struct command){.verb = VERB_PUT, .first = object, .second = receptacle},
                world->dialect.move ? SLICE("move ") : SLICE("put "),
                world->dialect.move ? SLICE(" to ") : SLICE(" in/on "));
    }
}

static void list_inside(struct state *state, uint16_t receptacle, bool accessible)
{
    const struct world *world = state->world;
    bool free_hands = !(state->flags[world->agent] & HOLDS_ANY);
    for (size_t i = 0; i < state->inside.count; i++) {
        uint16_t object = state->inside.pairs[i].first;
        if (state->inside.pairs[i].second != receptacle || !world->entities[object].declared)
            continue;
        struct command about = {.first = object, .second = receptacle};
        if (accessible && world->dialect.examine_placed) {
            about.verb = VERB_EXAMINE_OBJECT;
            add(state, about, SLICE("examine "), SLICE(""));
        }
        if (accessible && free_hands && (state->flags[object] & PICKUPABLE)) {
            about.verb = VERB_TAKE;
            add(state, about, SLICE("take "), SLICE(" from "));
        }
        if (state->flags[object] & TOGGLEABLE) {
            about.verb = VERB_USE;
            add(state, about, SLICE("use "), SLICE(""));
        }
    }
}

static void list_receptacle(struct state *state, uint16_t receptacle)
{
    bool accessible = state_is_accessible(state, receptacle);
    struct command about = {.verb = VERB_EXAMINE_RECEPTACLE, .first = receptacle};
    add(state, about, SLICE("examine "), SLICE(""));
    if (state->flags[receptacle] & OPENABLE) {
        about.verb = state->flags[receptacle] & OPENED ? VERB_CLOSE : VERB_OPEN;
        add(state, about, about.verb == VERB_CLOSE ? SLICE("close ") : SLICE("open "), SLICE(""));
    }
    list_held(state, receptacle, accessible);
    list_inside(state, receptacle, accessible);
}

static void list_slices(struct state *state, uint16_t knife)
{
    const struct world *world = state->world;
    const struct relation *types = &world->facts[OBJECT_TYPE];
    if ((world->knife == ENTITY_NONE || !relation_has(types, knife, world->knife)) &&
        (world->butter_knife == ENTITY_NONE || !relation_has(types, knife, world->butter_knife)))
        return;
    for (size_t i = 0; i < state->objects_at.count; i++) {
        uint16_t object = state->objects_at.pairs[i].first;
        if (state->objects_at.pairs[i].second == state->location &&
            world->entities[object].declared && (state->flags[object] & SLICEABLE))
            add(state, (struct command){.verb = VERB_SLICE, .first = object, .second = knife},
                SLICE("slice "), SLICE(" with "));
    }
}

static void list_ways(struct state *state)
{
    const struct world *world = state->world;
    for (size_t i = 0; i < world->destination_count; i++) {
        const struct destination *to = &world->destinations[i];
        if (to->location == state->location)
            continue;
        if (!reserve(state, 0)) {
            state->failed = true;
            return;
        }
        state->commands[state->command_count++] =
            (struct command){to->command, 0, VERB_GO, to->receptacle, to->location};
    }
}

static int by_text(const void *a, const void *b)
{
    return slice_cmp(((const struct command *)a)->text, ((const struct command *)b)->text);
}

static void sort(struct state *state)
{
    struct command *list = state->commands;
    size_t kept = 0;
    if (state->command_count > FEW)
        qsort(list, state->command_count, sizeof(*list), by_text);
    for (size_t i = 1; i < state->command_count; i++) {
        struct command item = list[i];
        size_t at = i;
        for (; at > 0 && by_text(&list[at - 1], &item) > 0; at--)
            list[at] = list[at - 1];
        list[at] = item;
    }
    for (size_t i = 0; i < state->command_count; i++)
        if (!kept || !slice_eq(list[kept - 1].text, list[i].text))
            list[kept++] = list[i];
    state->command_count = kept;
}

void commands_list(struct state *state)
{
    const struct world *world = state->world;
    struct command alone = {.first = ENTITY_NONE};
    state->command_count = state->text_len = 0;
    for (size_t i = 0; i < world->destination_count; i++)
        if (world->destinations[i].location == state->location)
            list_receptacle(state, world->destinations[i].receptacle);
    for (size_t i = 0; i < state->held.count; i++) {
        struct command about = {.verb = VERB_EXAMINE_OBJECT, .first = state->held.pairs[i].second};
        add(state, about, SLICE("examine "), SLICE(""));
        list_slices(state, state->held.pairs[i].second);
    }
    list_ways(state);
    if (world->dialect.help) {
        alone.verb = VERB_HELP;
        add(state, alone, SLICE("help"), SLICE(""));
    }
    alone.verb = VERB_INVENTORY;
    add(state, alone, SLICE("inventory"), SLICE(""));
    alone.verb = VERB_LOOK;
    add(state, alone, SLICE("look"), SLICE(""));
    for (size_t i = 0; i < state->command_count; i++)
        if (!state->commands[i].text.ptr)
            state->commands[i].text.ptr = state->texts + state->commands[i].at;
    sort(state);
}
