/* SPDX-License-Identifier: MIT */
/* What duel.c and duel_safety.c share. */
#pragma once

#include "duel.h"

#define DUEL_LIMIT 1000000 /* of any count that comes from outside */

enum duel_stage {
    STAGE_SCREEN,
    STAGE_LIBRARY,
    STAGE_AGAIN,
    STAGE_DUEL,
    STAGE_LOOK,
    STAGE_WALK,
    OVER
};

enum duel_slot_state { SLOT_NEW, SLOT_MISS, SLOT_HIT, SLOT_GONE };

struct duel_slot {
    enum duel_slot_state state;
    int64_t tries, bad; /* duels, and those lost */
};

/* A passing sample in which the candidate failed. */
struct duel_walk_state {
    uint32_t place;
    int64_t score;
    bool invalid, over;
};

struct duel {
    struct duel_setup setup;
    enum duel_stage stage;
    int64_t threshold, screen, safety, cap, need; /* need: break points that refuse the candidate */
    int64_t waiting;                              /* rollouts that are pending */
    int64_t reserved;                             /* second halves that may yet be asked for */
    struct duel_slot **targets;                   /* of each candidate */
    struct duel_report *reports;
    size_t *ranking, ranked, turn; /* candidates with hits, best first; whose turn it is */
    uint32_t *draws;               /* per sample, given out so far */
    bool *marks;                   /* per sample, scratch */
    struct duel_walk_state *walks;
    size_t walk_count, walk_first, walk_end; /* of the group that is under way */
    struct duel_rollout *rollouts;
    size_t count, round; /* where the present round begins */
    struct duel_fight *fights;
    size_t fight_count, fight_round;
};

int64_t duel_left(const struct duel *d); /* rollouts that the cap still lets begin */
bool duel_ask(struct duel *d, int32_t candidate, uint32_t sample, size_t place, enum duel_role role,
              bool fresh);
bool duel_fight(struct duel *d, size_t candidate, uint32_t sample, size_t place, bool safety);
int32_t duel_result(struct duel *d, const struct duel_fight *fight);
/* The fate of the candidate whose turn it is; the next one begins. */
void duel_decide(struct duel *d, enum duel_fate fate);

/* duel_safety.c */
void duel_safety_begin(struct duel *d, size_t k);
bool duel_is_usual(const struct duel *d, size_t k);
void duel_looks_read(struct duel *d);
void duel_walks_begin(struct duel *d);
void duel_walks_read(struct duel *d);
void duel_walks_go_on(struct duel *d);
