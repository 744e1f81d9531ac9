/* SPDX-License-Identifier: MIT */
/*
 * Duels held in a lab: the machine of duel.h with libraries, samples and real rollouts. And what is
 * remembered of them between updates; it follows from the calls of the method alone.
 */
#pragma once

#include <grasp/ext/json.h>

#include "duel_plan.h"
#include "proposal.h"

struct update;

/* What a rollout of the machine was, beside its outcome. */
struct bout_run {
    uint64_t ticket;
    size_t at; /* in the ticket's array */
    bool started;
    grasp_str source; /* "fresh", "replayed", "cached" */
    bool nudged;
    const grasp_json_value *rollout;
};

struct bout {
    struct duel *duel;
    struct bout_run *runs; /* by the machine's numbers */
    struct duel_setup setup;
    size_t first; /* candidate of the update that is its first */
    uint64_t number;
    bool expected; /* the host knows who will probably win */
};

/* The candidates of the update from `first` on, to the end. Lists and options are in `setup`. */
int32_t bout_hold(struct update *u, const struct duel_setup *setup, size_t first,
                  struct bout **out);

/* A rollout with that candidate that shows how it breaks a dev sample; NULL if it does not. */
const grasp_json_value *bout_break(const struct bout *bout, size_t candidate, size_t sample);

struct bout_memory {
    struct duel_record *records; /* per dev sample */
    struct bout_history {
        char *text; /* of the latest conversation with the library, JSON; NULL: none */
        size_t len;
    } * histories;
    size_t dev_count, history_bytes;
    uint32_t version; /* of the library */
    uint64_t held;    /* bouts so far; numbers their draws */
    grasp_str *labels;
    size_t label_count, label_capacity;
    struct pool pool;    /* of the labels */
    struct pool carried; /* of the edit that is tried again */
    bool has_carried;
    struct edit edit;
    bool *hits; /* of it, per dev sample */
};

void bout_memory_init(struct bout_memory *memory, struct pool *pool, size_t dev_count);
void bout_memory_free(struct bout_memory *memory);
