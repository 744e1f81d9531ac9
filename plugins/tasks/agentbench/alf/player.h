/* SPDX-License-Identifier: MIT */
/* What the rehearsing agent knows: the task, what it sees, and its own notes, which it writes into
 * each reply because a long conversation is shortened. */
#pragma once

#include <grasp/grasp.h>

#include "../rehearsal_words.h"
#include "aim.h"
#include "common/pool.h"
#include "common/text.h"

#define NOTED_MAX 64

struct sighting {
    grasp_str name, place;
};

struct player {
    struct aim aim;
    bool lost;         /* the task is no longer in what is left of the conversation */
    grasp_str opening; /* the room and the task */
    struct tag_mentions mentions;
    size_t turns;
    grasp_str seen;     /* the last observation */
    grasp_str *actions; /* what can be done now */
    size_t action_count;
    /* Notes. */
    grasp_str been[NOTED_MAX];
    struct sighting sightings[NOTED_MAX]; /* of what the task is about */
    size_t been_count, sighting_count;
    grasp_str at, holding, place; /* place: where the first object went */
    bool treated, lit;
    long done; /* objects put down */
};

/* False: not a conversation of this task. Everything lives in the pool or the request. */
bool player_read(struct pool *pool, const grasp_rehearsal_request *request, struct player *out);
/* The notes with the action that is taken now. */
void player_notes(struct text *out, const struct player *player, grasp_str action);

bool player_can(const struct player *player, grasp_str action);
/* The first action that begins with `before` and goes on with something of the class. */
bool player_first(const struct player *player, const char *before, grasp_str class, grasp_str *out);
/* Does the action put something down? *out is the receptacle. */
bool player_puts(grasp_str action, grasp_str *out);
/* Was the name among what the room holds? */
bool player_knows(const struct player *player, grasp_str name);
bool player_has_been(const struct player *player, grasp_str place);
