/* SPDX-License-Identifier: MIT */
#include "player.h"

#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "tags.h"
#include <grasp/helpers.h>

#define MARK "AVAILABLE ACTIONS: "

bool player_can(const struct player *player, grasp_str action)
{
    for (size_t i = 0; i < player->action_count; i++)
        if (slice_eq(player->actions[i], action))
            return true;
    return false;
}

bool player_first(const struct player *player, const char *before, grasp_str class, grasp_str *out)
{
    size_t len = strlen(before);
    for (size_t i = 0; i < player->action_count; i++)
        if (grasp_starts(player->actions[i], before) &&
            aim_is(slice_from(player->actions[i], len), class)) {
            *out = player->actions[i];
            return true;
        }
    return false;
}

bool player_has_been(const struct player *player, grasp_str place)
{
    for (size_t i = 0; i < player->been_count; i++)
        if (slice_eq(player->been[i], place))
            return true;
    return false;
}

bool player_puts(grasp_str action, grasp_str *out)
{
    grasp_str between = grasp_starts(action, "move ") ? SLICE(" to ") : SLICE(" in/on ");
    size_t at;
    if ((!grasp_starts(action, "put ") && !grasp_starts(action, "move ")) ||
        !slice_find(action, between, 0, &at))
        return false;
    *out = slice_from(action, at + between.len);
    return true;
}

bool player_knows(const struct player *player, grasp_str name)
{
    size_t at = 0;
    while (slice_find(player->opening, name, at, &at)) {
        grasp_str after = slice_from(player->opening, at += name.len);
        if (after.len && (after.ptr[0] == ',' || after.ptr[0] == '.'))
            return true;
    }
    return false;
}

static void sight(struct player *player, grasp_str name, grasp_str place)
{
    bool matters = aim_is(name, player->aim.object) ||
                   (player->aim.kind == AIM_LOOK && aim_is(name, player->aim.target));
    for (size_t i = 0; i < player->sighting_count; i++)
        if (slice_eq(player->sightings[i].name, name))
            return;
    if (matters && player->sighting_count < NOTED_MAX)
        player->sightings[player->sighting_count++] = (struct sighting){name, place};
}

static void forget(struct player *player, grasp_str name)
{
    for (size_t i = 0; i < player->sighting_count; i++)
        if (slice_eq(player->sightings[i].name, name))
            player->sightings[i] = player->sightings[--player->sighting_count];
}

/* The next part of a list with this separator. */
static bool next_part(grasp_str *rest, const char *separator, grasp_str *out)
{
    size_t at;
    if (!rest->len)
        return false;
    bool found = slice_find(*rest, grasp_cstr(separator), 0, &at);
    *out = slice_trim(found ? slice_cut(*rest, 0, at) : *rest);
    *rest = found ? slice_from(*rest, at + strlen(separator)) : SLICE("");
    return true;
}

static bool field(grasp_str notes, const char *title, grasp_str *out)
{
    grasp_str line;
    while (slice_line(&notes, &line)) {
        if (!grasp_starts(line, title))
            continue;
        *out = slice_trim(slice_from(line, strlen(title)));
        return true;
    }
    *out = SLICE("");
    return false;
}

static void read_notes(struct player *player, grasp_str notes, grasp_str *out_next)
{
    grasp_str list, item;
    field(notes, "Been to: ", &list);
    while (player->been_count < NOTED_MAX && next_part(&list, ";", &item))
        player->been[player->been_count++] = item;
    field(notes, "Seen: ", &list);
    while (next_part(&list, ";", &item)) {
        size_t at;
        if (slice_find(item, SLICE(" at "), 0, &at))
            sight(player, slice_cut(item, 0, at), slice_from(item, at + 4));
    }
    field(notes, "At: ", &player->at);
    field(notes, "Holding: ", &player->holding);
    field(notes, "Place: ", &player->place);
    player->treated = field(notes, "Treated", &item);
    player->lit = field(notes, "Lit", &item);
    if (field(notes, "Done: ", &item) && item.len)
        player->done = item.ptr[0] - '0';
    field(notes, "Next: ", out_next);
}

/* "On the desk 1, you see a book 1, and a pen 2." */
static void read_contents(struct player *player)
{
    size_t at;
    grasp_str list, item;
    if (!slice_find(player->seen, SLICE("you see "), 0, &at))
        return;
    list = slice_from(player->seen, at + 8);
    while (next_part(&list, ",", &item)) {
        if (grasp_starts(item, "and "))
            item = slice_from(item, 4);
        if (grasp_starts(item, "a "))
            item = slice_from(item, 2);
        if (slice_ends(item, "."))
            item = slice_cut(item, 0, item.len - 1);
        sight(player, item, player->at);
    }
}

/* What the last action changed, if it did anything. */
static void apply(struct player *player, grasp_str action)
{
    size_t at;
    if (grasp_starts(player->seen, "Nothing happens"))
        return;
    bool looks = grasp_starts(action, "examine ") && player_knows(player, slice_from(action, 8));
    if (looks || grasp_starts(action, "go to ")) {
        player->at = slice_from(action, looks ? 8 : 6);
        if (!player_has_been(player, player->at) && player->been_count < NOTED_MAX)
            player->been[player->been_count++] = player->at;
    }
    if (looks || grasp_starts(action, "go to ") || grasp_starts(action, "open "))
        read_contents(player);
    if (grasp_starts(action, "take ") && slice_find(action, SLICE(" from "), 0, &at)) {
        player->holding = slice_cut(action, 5, at);
        player->treated = false;
        forget(player, player->holding);
    } else if (player_puts(action, &player->place)) {
        player->done++;
        player->holding = SLICE("");
    } else if (grasp_starts(action, "clean ") || grasp_starts(action, "heat ") ||
               grasp_starts(action, "cool ")) {
        player->treated = true;
    } else if (grasp_starts(action, "use ")) {
        player->lit = true;
    }
}

static void read_actions(struct pool *pool, struct player *player, grasp_str list)
{
    size_t capacity = 0;
    grasp_str line;
    while (slice_line(&list, &line) && line.len) {
        POOL_RESERVE(pool, player->actions, player->action_count, capacity);
        player->actions[player->action_count++] = line;
    }
}

bool player_read(struct pool *pool, const grasp_rehearsal_request *request, struct player *out)
{
    grasp_str notes = SLICE(""), next, last = SLICE("");
    size_t at, start = 0;
    *out = (struct player){.seen = SLICE("")};
    for (uint64_t i = 0; i < request->count; i++) {
        const grasp_message *message = request->messages[i];
        if (rehearsal_is_agent(message)) {
            out->turns++;
            notes = message->content;
        } else if (slice_find(message->content, SLICE(MARK), 0, &at)) {
            last = message->content;
            if (!out->opening.len && slice_find(last, SLICE("Here is your task. "), 0, &start))
                out->opening = slice_cut(last, start, at);
        }
    }
    if (!last.len || !slice_find(request->tools, SLICE("take_action"), 0, &start))
        return false;
    out->lost = !out->opening.len && out->turns > 0;
    if (!out->lost && !aim_read(out->opening, &out->aim))
        return false;
    slice_find(last, SLICE(MARK), 0, &at);
    out->seen = slice_trim(slice_cut(last, 0, at));
    read_actions(pool, out, slice_from(last, at + strlen(MARK)));
    rehearsal_mentions(request, &alfworld_tags, &out->mentions);
    read_notes(out, notes, &next);
    apply(out, next);
    return true;
}

void player_notes(struct text *out, const struct player *player, grasp_str action)
{
    text_put(out, "Been to: ");
    for (size_t i = 0; i < player->been_count; i++) {
        text_put(out, i ? "; " : "");
        text_str(out, player->been[i]);
    }
    text_put(out, "\nSeen: ");
    for (size_t i = 0; i < player->sighting_count; i++) {
        text_put(out, i ? "; " : "");
        text_str(out, player->sightings[i].name);
        text_put(out, " at ");
        text_str(out, player->sightings[i].place);
    }
    text_format(out, "\nAt: %.*s\nHolding: %.*s\nPlace: %.*s\n", (int)player->at.len,
                player->at.ptr, (int)player->holding.len, player->holding.ptr,
                (int)player->place.len, player->place.ptr);
    text_put(out, player->treated ? "Treated\n" : "");
    text_put(out, player->lit ? "Lit\n" : "");
    text_format(out, "Done: %ld\nNext: ", player->done > 9 ? 9 : player->done);
    text_str(out, action);
}
