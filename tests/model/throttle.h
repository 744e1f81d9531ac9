/* SPDX-License-Identifier: MIT */
/* A world with a clock of its own: callers that always want more, the gate, and a server that
 * counts what it takes in one of the ways in which servers do. */
#pragma once

#include "model/gate.h"

enum throttle_kind {
    THROTTLE_SLIDING, /* no more in any minute that slides */
    THROTTLE_CLOCK,   /* no more in a minute by the clock */
    THROTTLE_BUCKET,  /* refills evenly; holds `burst` seconds' worth */
    THROTTLE_AT_ONCE, /* no more than `most_at_once` at a time */
    THROTTLE_NONE,    /* whatever comes */
};

struct throttle {
    enum throttle_kind kind;
    double requests, tokens; /* a minute; 0: not counted */
    double burst;
    unsigned most_at_once;
    bool tells_wait, tells_limits;     /* Retry-After; x-ratelimit-* */
    double sporadic;                   /* share of calls refused beside that, whatever comes */
    double latency;                    /* seconds; each reply takes 0.5 to 1.5 times as long */
    int64_t least_tokens, most_tokens; /* of one call, evenly spread */
    bool sizes_hidden; /* requests all look alike; prompt and reply vary on their own */
    double delay;      /* seconds; each call reaches the server up to so much late */
    bool delay_shown;  /* and the caller knows it: its own machine was slow */
    unsigned callers;
    double seconds, warm_up; /* how long; what comes before warm_up is not counted */
    uint64_t seed;
};

struct throttled {
    uint64_t accepted, refused; /* after the warm-up */
    double tokens;
    double used; /* of the quota, of most_at_once, or of the callers: the scarcest */
};

void throttle_run(const struct throttle *world, const struct gate_limits *known,
                  struct throttled *out);
