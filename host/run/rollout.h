/* SPDX-License-Identifier: MIT */
/* A rollout: what came of running one sample once. */
#pragma once

#include "base/json.h"
#include "base/mem.h"
#include "plugin/task.h"

struct rollout {
    const struct sample *sample;
    uint32_t repeat;

    /* Could it be run? If not, error says why, and it counts neither as right nor as wrong. */
    bool available;
    bool correct;
    double score;
    struct str status;
    struct str answer;
    struct str raw;     /* JSON, "null" if the task gave none */
    struct str tags;    /* JSON array */
    struct str detail;  /* JSON, "null" if there is none */
    struct str actions; /* JSON array of strings */
    struct str history; /* JSON array of messages */
    struct str used;    /* JSON array: what the guidance was made from */
    struct str error;   /* empty, or why it is not available */
    struct str fault;   /* the class of that, empty if the run was stopped (missing.h) */
    uint32_t turns;     /* model calls */
    /* Was a reply of the agent made for this one? Else all are of earlier calls of the run, or
     * some of another run. */
    enum rollout_source { ROLLOUT_FRESH, ROLLOUT_REPLAYED, ROLLOUT_CACHED } source;
    bool nudged; /* the guidance ended with the wave's marker */

    struct arena arena; /* of all texts above */
};

void rollout_clear(struct rollout *rollout);

/* The texts of an episode as JSON arrays, in rollout->arena. */
void rollout_set_history(struct rollout *rollout, const struct message *messages, size_t count);
void rollout_set_actions(struct rollout *rollout, const struct str *actions, size_t count);

/* The object that a task's grade reads (task.h). */
void rollout_write_for_grade(struct buf *out, const struct rollout *rollout);
/* The object that a lab gives out (method.h); with_sample adds "sample", the task's object. */
void rollout_write(struct buf *out, const struct rollout *rollout, bool with_sample);
/* The inverse of rollout_write, into a rollout whose sample and repeat are set; false if the
 * object is not one. */
bool rollout_read(struct rollout *rollout, const struct json *object);
