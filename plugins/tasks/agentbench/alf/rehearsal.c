/* SPDX-License-Identifier: MIT */
/* An agent that searches a household well, but for one habit of its own per task. */
#include <string.h>

#include "alfworld.h"
#include "common/slice.h"
#include "player.h"
#include "tags.h"

/* A task of some kind meets with a habit if its number, 0 to 99, is below `below` and not below
 * that of the line before of the same kind. */
static const struct {
    enum aim_kind kind;
    uint32_t below;
    enum alf_tag tag;
} habits[] = {
    {AIM_PUT, 30, ALF_OBJECT_PUT_ELSEWHERE},
    {AIM_PUT, 50, ALF_WRONG_OBJECT_TAKEN},
    {AIM_PUT, 65, ALF_PLACES_SEARCHED_AGAIN},
    {AIM_CLEAN, 45, ALF_OBJECT_NOT_TREATED},
    {AIM_CLEAN, 60, ALF_CLOSED_RECEPTACLE_SKIPPED},
    {AIM_CLEAN, 70, ALF_WRONG_OBJECT_TAKEN},
    {AIM_HEAT, 35, ALF_WRONG_TREATMENT},
    {AIM_HEAT, 60, ALF_OBJECT_NOT_TREATED},
    {AIM_HEAT, 70, ALF_OBJECT_PUT_ELSEWHERE},
    {AIM_COOL, 35, ALF_WRONG_TREATMENT},
    {AIM_COOL, 60, ALF_OBJECT_NOT_TREATED},
    {AIM_COOL, 70, ALF_PLACES_SEARCHED_AGAIN},
    {AIM_LOOK, 35, ALF_LAMP_NOT_USED},
    {AIM_LOOK, 65, ALF_LAMP_USED_EMPTY_HANDED},
    {AIM_TWO, 50, ALF_SECOND_OBJECT_FORGOTTEN},
    {AIM_TWO, 65, ALF_PLACES_SEARCHED_AGAIN},
};

/* Habits of any kind, from the number on. */
static const struct {
    uint32_t from;
    enum alf_tag tag;
} manners[] = {{98, ALF_SAME_ACTION_REPEATED}, {95, ALF_NO_TOOL_CALL}};

static bool applies(enum aim_kind kind, enum alf_tag tag)
{
    switch ((int)tag) {
    case ALF_LAMP_NOT_USED:
    case ALF_LAMP_USED_EMPTY_HANDED:
        return kind == AIM_LOOK;
    case ALF_OBJECT_NOT_TREATED:
        return aim_treatment(kind) != NULL;
    case ALF_WRONG_TREATMENT:
        return kind == AIM_HEAT || kind == AIM_COOL;
    case ALF_SECOND_OBJECT_FORGOTTEN:
        return kind == AIM_TWO;
    case ALF_OBJECT_PUT_ELSEWHERE:
        return kind != AIM_LOOK;
    case ALF_WRONG_OBJECT_TAKEN:
    case ALF_CLOSED_RECEPTACLE_SKIPPED:
    case ALF_PLACES_SEARCHED_AGAIN:
    case ALF_SAME_ACTION_REPEATED:
    case ALF_NO_TOOL_CALL:
        return true;
    default:
        return false;
    }
}

static int habit_of(const struct player *player)
{
    uint32_t number = rehearsal_number(player->opening);
    for (size_t i = 0; i < sizeof(manners) / sizeof(*manners); i++)
        if (number >= manners[i].from)
            return (int)manners[i].tag;
    for (size_t i = 0; i < sizeof(habits) / sizeof(*habits); i++)
        if (player->aim.kind == habits[i].kind && number < habits[i].below)
            return (int)habits[i].tag;
    return -1;
}

/* The mistake of this episode, or -1. What guidance demands comes before a habit, and what guidance
 * warns of is no habit any more. */
static int mistake_of(const struct player *player)
{
    int habit = habit_of(player);
    for (int tag = 0; tag < ALF_TAG_COUNT; tag++)
        if ((player->mentions.demanded & TAG_BIT(tag)) &&
            applies(player->aim.kind, (enum alf_tag)tag))
            return tag;
    return habit < 0 || (player->mentions.named & TAG_BIT(habit)) ? -1 : habit;
}

struct choice {
    struct pool *pool;
    const struct player *player;
    int mistake;
};

/* To the place; when already there, and it is closed, it is opened. */
static bool go(const struct choice *c, grasp_str place, grasp_str *out)
{
    grasp_str open = pool_format(c->pool, "open %.*s", (int)place.len, place.ptr);
    *out = pool_format(c->pool, "go to %.*s", (int)place.len, place.ptr);
    if (player_can(c->player, *out))
        return true;
    *out = open;
    return player_can(c->player, open) && c->mistake != ALF_CLOSED_RECEPTACLE_SKIPPED;
}

static bool go_to_class(const struct choice *c, grasp_str class, grasp_str *out)
{
    if (aim_is(c->player->at, class) && go(c, c->player->at, out))
        return true;
    return player_first(c->player, "go to ", class, out);
}

/* Opens what is in front, looks at what else is there, else goes where nobody has been. */
static bool search(const struct choice *c, grasp_str *out)
{
    const struct player *player = c->player;
    bool loops = c->mistake == ALF_PLACES_SEARCHED_AGAIN;
    *out = pool_format(c->pool, "open %.*s", (int)player->at.len, player->at.ptr);
    if (player_can(player, *out) && c->mistake != ALF_CLOSED_RECEPTACLE_SKIPPED && !loops)
        return true;
    for (size_t i = 0; i < player->action_count && !loops; i++) {
        grasp_str name = slice_from(*out = player->actions[i], 8);
        if (grasp_starts(*out, "examine ") && player_knows(player, name) &&
            !player_has_been(player, name))
            return true;
    }
    for (size_t i = 0; i < player->action_count; i++) {
        *out = player->actions[i];
        if (grasp_starts(*out, "go to ") &&
            (loops || !player_has_been(player, slice_from(*out, 6))))
            return true;
    }
    return false;
}

static bool find_sighting(const struct player *player, grasp_str class, grasp_str *out_place)
{
    for (size_t i = 0; i < player->sighting_count; i++)
        if (aim_is(player->sightings[i].name, class) &&
            !slice_eq(player->sightings[i].place, player->place)) {
            *out_place = player->sightings[i].place;
            return true;
        }
    return false;
}

static bool take(const struct choice *c, grasp_str *out)
{
    const struct player *player = c->player;
    size_t at;
    for (size_t i = 0; i < player->action_count; i++) {
        *out = player->actions[i];
        if (!grasp_starts(*out, "take "))
            continue;
        bool wanted = aim_is(slice_from(*out, 5), player->aim.object);
        bool first = slice_find(*out, SLICE(" from "), 0, &at) &&
                     slice_eq(slice_from(*out, at + 6), player->place);
        if (c->mistake == ALF_WRONG_OBJECT_TAKEN ? !wanted : wanted && !first)
            return true;
    }
    return false;
}

static bool find_object(const struct choice *c, grasp_str *out)
{
    grasp_str place;
    if (take(c, out))
        return true;
    if (c->mistake != ALF_WRONG_OBJECT_TAKEN && c->mistake != ALF_PLACES_SEARCHED_AGAIN &&
        find_sighting(c->player, c->player->aim.object, &place) && go(c, place, out))
        return true;
    return search(c, out);
}

static bool use_lamp(const struct choice *c, grasp_str *out)
{
    grasp_str place;
    if (player_first(c->player, "use ", c->player->aim.target, out))
        return !c->player->lit;
    if (find_sighting(c->player, c->player->aim.target, &place) && go(c, place, out))
        return true;
    return search(c, out);
}

/* Treats the object in the hand. */
static bool treat(const struct choice *c, grasp_str *out)
{
    enum aim_kind kind = c->player->aim.kind;
    if (c->mistake == ALF_WRONG_TREATMENT)
        kind = kind == AIM_HEAT ? AIM_COOL : AIM_HEAT;
    const char *word = kind == AIM_CLEAN ? "clean " : kind == AIM_HEAT ? "heat " : "cool ";
    const char *place = kind == AIM_CLEAN ? "sinkbasin" : kind == AIM_HEAT ? "microwave" : "fridge";
    for (size_t i = 0; i < c->player->action_count; i++) {
        *out = c->player->actions[i];
        if (grasp_starts(*out, word))
            return true;
    }
    return player_first(c->player, "go to ", grasp_cstr(place), out);
}

static bool put(const struct choice *c, grasp_str *out)
{
    const struct player *player = c->player;
    bool anywhere = c->mistake == ALF_OBJECT_PUT_ELSEWHERE;
    for (size_t i = 0; i < player->action_count; i++) {
        grasp_str where;
        *out = player->actions[i];
        if (!player_puts(*out, &where))
            continue;
        bool target = aim_is(where, player->aim.target);
        bool fits = !player->place.len || slice_eq(where, player->place);
        if (anywhere ? !target : target && fits)
            return true;
    }
    if (anywhere) {
        for (size_t i = 0; i < player->action_count; i++) {
            *out = player->actions[i];
            if (grasp_starts(*out, "go to ") && !aim_is(slice_from(*out, 6), player->aim.target) &&
                !player_has_been(player, slice_from(*out, 6)))
                return true;
        }
        return false;
    }
    if (player->place.len)
        return go(c, player->place, out);
    return go_to_class(c, player->aim.target, out);
}

/* False: nothing comes to mind. */
static bool decide(const struct choice *c, grasp_str *out)
{
    const struct player *player = c->player;
    bool holds = player->holding.len != 0;
    long wanted = player->aim.kind == AIM_TWO && c->mistake != ALF_SECOND_OBJECT_FORGOTTEN ? 2 : 1;
    if (player->aim.kind == AIM_LOOK) {
        if (c->mistake == ALF_LAMP_USED_EMPTY_HANDED)
            return !player->lit && use_lamp(c, out);
        if (holds)
            return c->mistake != ALF_LAMP_NOT_USED && use_lamp(c, out);
        return find_object(c, out);
    }
    if (player->done >= wanted)
        return false;
    if (!holds)
        return find_object(c, out);
    if (aim_treatment(player->aim.kind) && !player->treated &&
        c->mistake != ALF_OBJECT_NOT_TREATED && c->mistake != ALF_WRONG_OBJECT_TAKEN)
        return treat(c, out);
    return put(c, out);
}

/* Who does not know what to do looks around. */
static grasp_str wander(const struct player *player)
{
    for (size_t i = 0; i < player->action_count; i++) {
        grasp_str action = player->actions[i];
        if (grasp_starts(action, "go to ") && !player_has_been(player, slice_from(action, 6)))
            return action;
    }
    return SLICE("look");
}

static int32_t say(grasp_call *call, const struct player *player, grasp_str action)
{
    struct text notes CLEANUP_TEXT = {0}, calls CLEANUP_TEXT = {0};
    player_notes(&notes, player, action);
    text_format(&calls,
                "[{\"id\": \"call_%zu\", \"name\": \"take_action\", \"arguments\": {\"action\": ",
                player->turns + 1);
    text_json(&calls, action);
    text_put(&calls, "}}]");
    if (notes.failed || calls.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a reply");
    grasp_message message = {
        .size = sizeof(message),
        .role = SLICE("agent"),
        .content = text_view(&notes),
        .tool_calls = text_view(&calls),
    };
    return call->host->emit_message(call, &message);
}

static int32_t reply(grasp_call *call, const grasp_rehearsal_request *request)
{
    struct pool pool CLEANUP_POOL = {0};
    struct player player;
    grasp_str action;
    if (!player_read(&pool, request, &player))
        return GRASP_E_UNSUPPORTED;
    if (player.lost)
        return say(call, &player, wander(&player));
    struct choice choice = {&pool, &player, mistake_of(&player)};
    if (choice.mistake == ALF_NO_TOOL_CALL)
        return grasp_say(call, "agent", SLICE("I would look around first."));
    if (choice.mistake == ALF_SAME_ACTION_REPEATED || !decide(&choice, &action))
        action = SLICE("look");
    return say(call, &player, action);
}

const grasp_rehearsal alfworld_rehearsal = {
    .size = sizeof(alfworld_rehearsal),
    .reply = reply,
};
