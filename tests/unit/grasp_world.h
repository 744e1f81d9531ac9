/* SPDX-License-Identifier: MIT */
/*
 * A small world in which one update of the library is played: ten dev samples of which the first
 * four fail, a writer with a script, and a probe whose outcomes follow from words in the skills:
 *   FIX  all four are right    HALF  the first two are    MOST  the first three are
 *   BREAK1, BREAK2  the last one, the last two are wrong
 *   INVALID, ERROR, RIGHT  the last one ends that way
 *   SPOIL  the first four are wrong, which `spoilt` makes right
 */
#pragma once

#include "base/json.h"
#include "methods/grasp/method.h"
#include "plugin/mock_lab.h"

struct world {
    const char *options;       /* JSON object */
    const char *const *script; /* answers to prompts for edits, in turn; then "[]" */
    const char *revision;      /* answer to a prompt for a revision */
    const char *skills[4];     /* bodies of what is in the library: old_0 ... */
    int updates;               /* 1 if it is 0 */
    bool all_pass;             /* nothing fails in the batch */
    const char *tags[2];       /* the task's, of failures in even and in odd updates; NULL: none.
                                * With a tag, the last two fail in odd updates */
    bool unlucky;              /* the last sample is wrong in runs without RIGHT */
    bool spoilt;               /* the first four are right, unless a skill says SPOIL; they pass in
                                * even updates and fail in odd ones */
    bool epoch_end;            /* after the updates */
    size_t broken;             /* number, from 1, of a rollout that is not available */
};

/* What came of it. */
struct played {
    struct json *prompts, *requests, *trials, *notes, *expected;
    size_t rollouts;    /* that were asked for */
    struct json *files; /* after the last update: name -> text; NULL if nothing was changed */
};

struct played world_play(const struct world *world);
void played_clear(struct played *played);

/* Parts of `played`. */
enum part { PROMPTS = 1, TRIALS = 2, EVENT = 4, FILES = 8 };
/* Which parts differ. */
unsigned played_difference(const struct played *a, const struct played *b);
/* Number of prompts that hold the text. */
size_t played_prompts(const struct played *played, const char *text);
/* The only file that is not archived has this word. */
bool played_has(const struct played *played, const char *file, const char *word);

/* An edit, as JSON array with one object; static memory, a few at a time. */
const char *edit(const char *action, const char *name, const char *body);
