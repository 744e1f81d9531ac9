/* SPDX-License-Identifier: MIT */
#include "feedback.h"

#include "common/slice.h"

/* Items joined as the game joins them: commas, and an "and" before the last. */
struct list {
    const struct state *state;
    struct text *out;
    const char *article;
    size_t count;
    uint16_t last; /* said when the next one, or the end, is known */
};

static void list_put(struct list *list, uint16_t entity)
{
    text_put(list->out, list->article);
    text_str(list->out, list->state->world->entities[entity].name);
}

static void list_add(struct list *list, uint16_t entity)
{
    if (list->count > 1)
        text_put(list->out, ", ");
    if (list->count++)
        list_put(list, list->last);
    list->last = entity;
}

static void list_end(struct list *list)
{
    if (list->count > 1)
        text_put(list->out, ", and ");
    if (list->count)
        list_put(list, list->last);
    else
        text_put(list->out, "nothing");
}

/* The entities that come first in pairs with this second. */
static void put_firsts(const struct state *state, const struct relation *relation, uint16_t second,
                       struct text *out)
{
    struct list list = {.state = state, .out = out, .article = "a "};
    for (size_t i = 0; i < relation->count; i++)
        if (relation->pairs[i].second == second)
            list_add(&list, relation->pairs[i].first);
    list_end(&list);
}

static void put_name(const struct state *state, const char *before, uint16_t entity,
                     const char *after, struct text *out)
{
    text_put(out, before);
    text_str(out, state->world->entities[entity].name);
    text_put(out, after);
}

static void put_receptacle(const struct state *state, uint16_t receptacle, struct text *out)
{
    uint32_t flags = state->flags[receptacle];
    if (!(flags & OPENABLE)) {
        put_name(state, "On the ", receptacle, ", you see ", out);
    } else if (flags & OPENED) {
        put_name(state, "The ", receptacle, " is open. In it, you see ", out);
    } else {
        put_name(state, "The ", receptacle, " is closed.", out);
        return;
    }
    put_firsts(state, &state->inside, receptacle, out);
    text_put(out, ".");
}

static void put_object(const struct state *state, uint16_t object, struct text *out)
{
    static const struct {
        uint32_t flags;
        const char *before, *after;
    } looks[] = {
        {CLEAN | HOT | SLICED, "This is a hot and clean sliced ", "."},
        {CLEAN | COOL | SLICED, "This is a cool and clean sliced ", "."},
        {CLEAN | SLICED, "This is a clean sliced ", "."},
        {HOT | SLICED, "This is a hot sliced ", "."},
        {COOL | SLICED, "This is a cool sliced ", "."},
        {CLEAN | HOT, "This is a hot and clean ", "."},
        {CLEAN | COOL, "This is a cool and clean ", "."},
        {HOT, "This is a hot ", "."},
        {CLEAN, "This is a clean ", "."},
        {COOL, "This is a cold ", "."},
        {TOGGLEABLE | TOGGLED, "This ", " is on."},
        {SLICEABLE | SLICED, "This is a sliced ", "."},
        {0, "There's nothing special about ", "."},
    };
    uint32_t flags = state->flags[object];
    if (flags & RECEPTACLE_OBJECT) {
        put_name(state, "This is a normal ", object, ". In it, you see ", out);
        put_firsts(state, &state->world->facts[IN_RECEPTACLE_OBJECT], object, out);
        text_put(out, ".");
        return;
    }
    size_t i = 0;
    while ((flags & looks[i].flags) != looks[i].flags)
        i++;
    put_name(state, looks[i].before, object, looks[i].after, out);
}

/* What was taken from somewhere here and put down here elsewhere. */
static void put_floor(const struct state *state, struct text *out)
{
    struct list list = {.state = state, .out = out, .article = "a "};
    for (size_t i = 0; i < state->taken_from.count; i++) {
        struct pair pair = state->taken_from.pairs[i];
        if (relation_has(&state->objects_at, pair.first, state->location) &&
            state_is_here(state, pair.second))
            list_add(&list, pair.first);
    }
    list_end(&list);
}

void feedback_scene(const struct state *state, bool intro, struct text *out)
{
    const struct relation *places = &state->world->facts[RECEPTACLE_AT];
    struct list here = {.state = state, .out = out, .article = ""};
    struct list all = {.state = state, .out = out, .article = "a "};
    bool facing = false;
    for (size_t i = 0; i < places->count && !facing; i++)
        facing = places->pairs[i].second == state->location;
    text_put(out, facing ? "You are facing the "
                         : "You are in the middle of a room. Looking quickly around you, you see ");
    for (size_t i = 0; i < places->count; i++) {
        if (places->pairs[i].second == state->location)
            list_add(&here, places->pairs[i].first);
        else if (intro && !facing)
            list_add(&all, places->pairs[i].first);
    }
    list_end(facing ? &here : &all);
    if (facing) {
        text_put(out, ". Next to it, you see ");
        put_floor(state, out);
    }
    text_put(out, ".");
}

static void put_inventory(const struct state *state, struct text *out)
{
    struct list list = {.state = state, .out = out, .article = "a "};
    if (!(state->flags[state->world->agent] & HOLDS_ANY)) {
        text_put(out, "You are not carrying anything.");
        return;
    }
    text_put(out, "You are carrying: ");
    for (size_t i = 0; i < state->held.count; i++)
        list_add(&list, state->held.pairs[i].second);
    list_end(&list);
    text_put(out, ".");
}

static void put_arrival(const struct state *state, const struct command *command, struct text *out)
{
    bool receptacle = state->world->dialect.arrive_receptacle;
    put_name(state, "You arrive at ", receptacle ? command->first : command->second, ". ", out);
    put_receptacle(state, command->first, out);
}

static void put_two(const struct state *state, const struct command *command, const char *before,
                    const char *between, struct text *out)
{
    put_name(state, before, command->first, between, out);
    put_name(state, "", command->second, ".", out);
}

void feedback_write(const struct state *state, const struct command *command, struct text *out)
{
    switch (command->verb) {
    case VERB_CLEAN:
        put_two(state, command, "You clean the ", " using the ", out);
        break;
    case VERB_COOL:
        put_two(state, command, "You cool the ", " using the ", out);
        break;
    case VERB_HEAT:
        put_two(state, command, "You heat the ", " using the ", out);
        break;
    case VERB_SLICE:
        put_two(state, command, "You sliced the ", " with the ", out);
        break;
    case VERB_TAKE:
        put_two(state, command, "You pick up the ", " from the ", out);
        break;
    case VERB_PUT:
        if (state->world->dialect.move)
            put_two(state, command, "You move the ", " to the ", out);
        else
            put_two(state, command, "You put the ", " in/on the ", out);
        break;
    case VERB_OPEN:
        put_name(state, "You open the ", command->first, ". ", out);
        put_receptacle(state, command->first, out);
        break;
    case VERB_CLOSE:
        put_name(state, "You close the ", command->first, ".", out);
        break;
    case VERB_USE:
        put_name(state, "You turn on the ", command->first, ".", out);
        break;
    case VERB_GO:
        put_arrival(state, command, out);
        break;
    case VERB_EXAMINE_OBJECT:
        put_object(state, command->first, out);
        break;
    case VERB_EXAMINE_RECEPTACLE:
        put_receptacle(state, command->first, out);
        break;
    case VERB_HELP:
        text_str(out, state->world->dialect.help_text);
        break;
    case VERB_INVENTORY:
        put_inventory(state, out);
        break;
    case VERB_LOOK:
        feedback_scene(state, false, out);
        break;
    }
}
