/* SPDX-License-Identifier: MIT */
/* One episode's scene: what is where now, which commands there are, and what they answer. */
#pragma once

#include "common/text.h"
#include "world.h"

enum verb {
    VERB_CLEAN,
    VERB_CLOSE,
    VERB_COOL,
    VERB_EXAMINE_OBJECT,
    VERB_EXAMINE_RECEPTACLE,
    VERB_GO,
    VERB_HEAT,
    VERB_HELP,
    VERB_INVENTORY,
    VERB_LOOK,
    VERB_OPEN,
    VERB_PUT,
    VERB_SLICE,
    VERB_TAKE,
    VERB_USE,
};

/* first, second: what it is about, in the order of its text; of VERB_GO the receptacle and its
 * location. */
struct command {
    grasp_str text;
    size_t at; /* of the text among those of the state, while they are being made */
    enum verb verb;
    uint16_t first, second;
};

struct state {
    const struct world *world;
    uint32_t *flags;
    struct relation objects_at, inside; /* OBJECT_AT, IN_RECEPTACLE */
    struct relation taken_from;         /* IN_RECEPTACLE that is explicitly not so */
    struct relation held;               /* HOLDS */
    uint16_t location;
    struct command *commands; /* sorted by text, all different */
    size_t command_count, command_capacity;
    char *texts;
    size_t text_len, text_capacity;
    bool failed; /* no memory: the state is of no use any more */
};

/* false: no memory. The world must outlive the state. */
bool state_start(struct state *state, const struct world *world);
void state_finish(struct state *state);

/* The first text of the game, with its task. */
void state_intro(const struct state *state, struct text *out);
/* Runs a command, given with or without blanks around it; one that is not among the present ones
 * changes nothing. Appends what the game says. */
void state_run(struct state *state, grasp_str command, struct text *out);
/* Is the goal reached? */
bool state_won(const struct state *state);

bool state_has(const struct state *state, enum binary predicate, uint16_t first, uint16_t second);
/* Is there a receptacle of this name at the agent's place, and can one reach into it? */
bool state_is_here(const struct state *state, uint16_t receptacle);
bool state_is_accessible(const struct state *state, uint16_t receptacle);
