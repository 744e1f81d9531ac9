/* SPDX-License-Identifier: MIT */
/* A lab for tests of methods: the writer answers from a script, rollouts have the outcomes that
 * the test gives, and everything that is asked for is kept. One may be open at a time. */
#pragma once

#include "base/json.h"
#include "base/rng.h"
#include "mock_host.h"

/* The outcomes of rollouts with this knowledge: an object from sample id to [correct, status];
 * samples that it does not have are not available. */
typedef const struct json *mock_outcomes_fn(void *arg, const grasp_files *knowledge);
/* The reply to a prompt of the writer, malloc'd, or NULL for a call that fails. */
typedef char *mock_reply_fn(void *arg, size_t number, const char *prompt);

struct mock_lab {
    mock_reply_fn *reply;
    mock_outcomes_fn *outcomes;
    void *arg;           /* of both */
    const char *history; /* of all rollouts, JSON; NULL for none */

    struct json *prompts;  /* texts that the writer was sent */
    struct json *requests; /* the same as whole requests */
    struct json *trials;   /* per trial: the sample ids */
    struct json *notes;    /* what was noted, in order */
    struct json *records;  /* file -> text */
    struct json *expected; /* per expectation: file -> text */
    size_t most_open;      /* trials that were under way at the same time */
    size_t broken;         /* number, from 1, of a rollout that is not available; 0: none */
    size_t rollouts;       /* so far */

    size_t open;
    struct mock_text *results; /* of tickets */
    size_t result_count;
    struct mock_text given; /* the last text that was given out and is no ticket's */
    struct grasp_rng *rng;
};

extern const grasp_lab mock_lab_table;

/* Opens *lab, with reply, outcomes and arg as they are. */
void mock_lab_open(struct mock_lab *lab);
void mock_lab_close(struct mock_lab *lab);

/* A generator as the lab's, for draws of the test's own. */
struct grasp_rng {
    struct rng rng;
};
