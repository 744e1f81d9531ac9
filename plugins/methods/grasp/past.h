/* SPDX-License-Identifier: MIT */
/* What the method remembers between calls: the outcomes of this epoch and the one before, the
 * failure labels, the edits that were refused. It follows from the calls alone, so that a run that
 * is replayed has the same past. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#include "common/pool.h"
#include "lexicon.h"

#define DEV_NONE SIZE_MAX

struct dev {
    struct dev_sample {
        grasp_str id, type, description;
    } * samples;
    size_t count;
    struct lexicon ids;
};

/* Copies the sample; one whose id is known already is passed over. */
void dev_add(struct pool *pool, struct dev *dev, const struct dev_sample *sample, size_t *capacity);
size_t dev_find(const struct dev *dev, grasp_str id); /* DEV_NONE for others */

/* The outcome of one sample in this epoch. */
struct past_entry {
    size_t sample; /* position in dev */
    int64_t update_cycle;
    bool correct;
    grasp_str *skills; /* that take credit for it */
    size_t skill_count;
};

/* A label of failures and what it means. */
struct label {
    grasp_str name, description;
};

struct refusal {
    const char *action;
    grasp_str name, description, reason;
};

#define PAST_REFUSALS 12 /* the last ones are kept */

struct past {
    struct pool pool;  /* of the epoch's entries */
    struct pool older; /* of labels and refusals */
    int64_t epoch;     /* -1 before the first */
    struct past_entry *entries;
    size_t count, capacity;
    signed char *now, *before; /* per dev sample: 1 right, 0 wrong, -1 unknown */
    bool has_before;           /* there was an epoch before this one */
    grasp_str *causes;         /* per dev sample: the label of its last failure, or empty */
    struct label *labels;
    size_t label_count, label_capacity;
    struct refusal refusals[PAST_REFUSALS];
    size_t refusal_count;
};

void past_init(struct past *past, struct pool *pool, size_t dev_count);
/* The epoch of what follows; when it is a new one, the last becomes the one before. */
void past_enter(struct past *past, size_t dev_count, int64_t epoch);
struct past_entry *past_add(struct past *past, size_t sample, int64_t update_cycle, bool correct);
int past_before(const struct past *past, size_t sample); /* 1, 0, or -1 */
bool past_has_label(const struct past *past, grasp_str name);
void past_set_label(struct past *past, grasp_str name, grasp_str description);
/* The label must have been set before, or be empty. */
void past_set_cause(struct past *past, size_t sample, grasp_str label);
void past_refuse(struct past *past, const struct refusal *refusal);
void past_free(struct past *past);
