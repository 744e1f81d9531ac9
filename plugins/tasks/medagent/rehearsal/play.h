/* SPDX-License-Identifier: MIT */
/* One decision of the agent: what it knows from the conversation, and what it makes of it. */
#pragma once

#include "../pyvalue.h"
#include "common/pool.h"
#include "common/tag_table.h"
#include "common/text.h"
#include "rehearsal.h"

#define GETS_MAX 2
#define POSTS_MAX 6

struct play {
    grasp_call *call;
    const grasp_json *json;
    struct pool *pool;

    /* From the first message. */
    enum version version;
    int type;
    grasp_str base, question, context, mrn;
    struct when now;
    grasp_str now_text;

    /* From what followed: the answers to the searches, and how many orders were sent. */
    const grasp_json_value *found[GETS_MAX]; /* Bundles */
    size_t found_count;
    size_t posted;
    struct tag_mentions tags; /* in the guidance */

    /* The mistake to make, or -1; `slipped`: there was an occasion for it. */
    int flaw;
    bool slipped;

    /* What comes of it. */
    grasp_str gets[GETS_MAX];
    size_t get_count;
    grasp_str posts[POSTS_MAX];
    size_t post_count;
    grasp_str answer; /* between the parentheses of FINISH */
};

/* Reads the conversation. False if it is none of this task. */
bool play_look(struct play *play, const grasp_rehearsal_request *request);

/* Is this the mistake to make, here? */
bool slip(struct play *play, enum tag tag);

/* Plans a search, below the base address. */
__attribute__((format(printf, 2, 3))) void search(struct play *play, const char *format, ...);
/* The answer. */
__attribute__((format(printf, 2, 3))) void answer(struct play *play, const char *format, ...);

/* A type: what it searches for, and what it does once everything was found. */
struct player {
    void (*search)(struct play *play);
    void (*act)(struct play *play);
    const enum tag *flaws;
    size_t flaw_count;
};
const struct player *player_of(enum version version, int type);

/* Resources of a search's answer. */
uint64_t found_count(const struct play *play, size_t search);
const grasp_json_value *found_at(const struct play *play, size_t search, uint64_t i);
bool found_time(const struct play *play, const grasp_json_value *resource, const char *path,
                struct when *out);

/* Readings of an Observation search, the newest first. */
struct level {
    struct when time;
    grasp_str time_text;
    double value;
    grasp_str text; /* of the value, as JSON */
};
struct levels {
    struct level *items;
    size_t count;
};
struct levels levels_found(struct play *play, size_t search);

/* When the newest procedure of a search was done; false if there is none. */
bool newest_procedure(struct play *play, size_t search, struct when *out);
/* Does the medication's text have one of the words (ended by NULL)? */
bool medication_has(const struct play *play, const grasp_json_value *request,
                    const char *const *words);
grasp_str medication_text(const struct play *play, const grasp_json_value *request);
