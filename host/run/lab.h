/* SPDX-License-Identifier: MIT */
/* The lab: what a method's learn works with (plugin/method.h), on top of the engine. */
#pragma once

#include "base/map.h"
#include "run/engine.h"

struct lab_run {
    struct lab lab; /* first: what method_learn takes; its self is this struct */
    struct engine *engine;
    struct method *method;
    struct knowledge *present; /* borrowed */
    const struct map *dev;     /* id -> const struct sample * */
    int64_t seed;
    char *place; /* "epoch_0/update_3": unique per learn call */
    size_t next;

    struct lab_ticket {
        struct wave *wave;
        bool calls;
    } * tickets;
    size_t ticket_count, ticket_capacity;

    struct map *notes;   /* name -> struct buf *, elements of an array; the epoch's */
    struct map *records; /* name -> struct buf *, text; the epoch's */
    void (*waiting)(void *arg, struct wave *wave); /* waits for a wave, showing progress */
    void *waiting_arg;
    size_t rollouts; /* that trials asked for */
    /* NULL: a guess helps nobody. */
    void (*expected)(void *arg, const struct lab_run *run, struct knowledge *knowledge);
    void *expected_arg;
};

void lab_init(struct lab_run *run);
/* Is a trial under way that runs the sample? */
bool lab_has(const struct lab_run *run, const struct sample *sample);
/* Drops what was not waited for. */
void lab_finish(struct lab_run *run);
