/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/slice.h"
#include "feedback.h"

bool state_is_here(const struct state *state, uint16_t receptacle)
{
    return relation_has(&state->world->facts[RECEPTACLE_AT], receptacle, state->location);
}

bool state_is_accessible(const struct state *state, uint16_t receptacle)
{
    return !(state->flags[receptacle] & OPENABLE) || (state->flags[receptacle] & OPENED);
}

bool state_has(const struct state *state, enum binary predicate, uint16_t first, uint16_t second)
{
    switch (predicate) {
    case AT_LOCATION:
        return first == state->world->agent && second == state->location;
    case OBJECT_AT:
        return relation_has(&state->objects_at, first, second);
    case IN_RECEPTACLE:
        return relation_has(&state->inside, first, second);
    case HOLDS:
        return relation_has(&state->held, first, second);
    case RECEPTACLE_AT:
    case IN_RECEPTACLE_OBJECT:
    case RECEPTACLE_TYPE:
    case OBJECT_TYPE:
    case CAN_CONTAIN:
    case BINARY_COUNT:
        break;
    }
    return relation_has(&state->world->facts[predicate], first, second);
}

static bool fact_unary(const void *context, uint32_t bit, uint16_t entity)
{
    return ((const struct state *)context)->flags[entity] & bit;
}

static bool fact_binary(const void *context, int predicate, uint16_t first, uint16_t second)
{
    return state_has(context, (enum binary)predicate, first, second);
}

bool state_won(const struct state *state)
{
    struct facts facts = {fact_unary, fact_binary, state, false};
    return goal_holds(state->world->goal, &facts);
}

bool state_start(struct state *state, const struct world *world)
{
    *state = (struct state){.world = world, .location = world->location};
    state->flags = malloc((world->count + 1u) * sizeof(*state->flags));
    if (!state->flags || !relation_copy(&state->objects_at, &world->facts[OBJECT_AT]) ||
        !relation_copy(&state->inside, &world->facts[IN_RECEPTACLE]))
        return false;
    memcpy(state->flags, world->flags, world->count * sizeof(*state->flags));
    const struct relation *held = &world->facts[HOLDS];
    for (size_t i = 0; i < held->count; i++)
        if (held->pairs[i].first == world->agent &&
            !relation_add(&state->held, held->pairs[i].first, held->pairs[i].second))
            return false;
    commands_list(state);
    return !state->failed;
}

void state_finish(struct state *state)
{
    relation_free(&state->objects_at);
    relation_free(&state->inside);
    relation_free(&state->taken_from);
    relation_free(&state->held);
    free(state->flags);
    free(state->commands);
    free(state->texts);
    *state = (struct state){0};
}

static void take(struct state *state, uint16_t object, uint16_t receptacle)
{
    state->flags[state->world->agent] |= HOLDS_ANY;
    relation_remove(&state->inside, object, receptacle);
    relation_remove(&state->objects_at, object, state->location);
    if (!relation_add(&state->held, state->world->agent, object) ||
        !relation_add(&state->taken_from, object, receptacle))
        state->failed = true;
}

static void put(struct state *state, uint16_t object, uint16_t receptacle)
{
    state->flags[state->world->agent] &= ~(uint32_t)HOLDS_ANY;
    relation_remove(&state->held, state->world->agent, object);
    relation_remove(&state->taken_from, object, receptacle);
    if (!relation_add(&state->inside, object, receptacle) ||
        !relation_add(&state->objects_at, object, state->location))
        state->failed = true;
}

static void set(struct state *state, uint16_t entity, uint32_t add, uint32_t remove)
{
    state->flags[entity] = (state->flags[entity] & ~remove) | add;
}

/* Whether anything changed. */
static bool apply(struct state *state, const struct command *command)
{
    switch (command->verb) {
    case VERB_CLEAN:
        set(state, command->first, CLEAN, 0);
        return true;
    case VERB_HEAT:
        set(state, command->first, HOT, COOL);
        return true;
    case VERB_COOL:
        set(state, command->first, COOL, HOT);
        return true;
    case VERB_SLICE:
        set(state, command->first, SLICED, 0);
        return true;
    case VERB_USE:
        set(state, command->first, TOGGLED, 0);
        state->flags[command->first] ^= ON;
        return true;
    case VERB_OPEN:
        set(state, command->first, OPENED, 0);
        return true;
    case VERB_CLOSE:
        set(state, command->first, 0, OPENED);
        return true;
    case VERB_GO:
        state->location = command->second;
        return true;
    case VERB_TAKE:
        take(state, command->first, command->second);
        return true;
    case VERB_PUT:
        put(state, command->first, command->second);
        return true;
    case VERB_EXAMINE_OBJECT:
    case VERB_EXAMINE_RECEPTACLE:
    case VERB_HELP:
    case VERB_INVENTORY:
    case VERB_LOOK:
        break;
    }
    return false;
}

void state_intro(const struct state *state, struct text *out)
{
    text_put(out, "-= Welcome to TextWorld, ALFRED! =-\n\n");
    feedback_scene(state, true, out);
    text_put(out, "\n\nYour task is to: ");
    text_str(out, state->world->task);
    text_put(out, ".");
}

void state_run(struct state *state, grasp_str text, struct text *out)
{
    text = slice_trim(text);
    for (size_t i = 0; i < state->command_count; i++) {
        struct command command = state->commands[i];
        if (!slice_eq(slice_trim(command.text), text))
            continue;
        bool changed = apply(state, &command);
        feedback_write(state, &command, out);
        if (changed)
            commands_list(state);
        return;
    }
    text_put(out, "Nothing happens.");
}
