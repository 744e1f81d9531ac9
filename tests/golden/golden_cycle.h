/* SPDX-License-Identifier: MIT */
/* A recorded run, repeated with the same simulated agent and writer. */
#pragma once

#include "golden_baselines.h"

struct cycle {
    struct bench bench;
    struct json *log;     /* events as the recorded ones */
    struct json *texts;   /* knowledge: name -> text */
    struct json *best;    /* the same at the best checkpoint */
    struct json *updates; /* "epoch_0/x.json" -> what was noted or recorded */
    struct json *scores;  /* val_scores.json */
    struct json *last;    /* the writer's last reply */
    bool late_seen, broken_seen;
};

/* What the writer says to a prompt; logs the call. first: of its first message. */
struct json *cycle_reply(struct cycle *cycle, const char *first, const char *text);
