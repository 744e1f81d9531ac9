/* SPDX-License-Identifier: MIT */
/* What the server has seen on each path, and so what it does next. Any thread. */
#pragma once

#include "script.h"

struct seen;

struct seen *seen_create(const struct script *script);
void seen_destroy(struct seen *seen);

struct verdict {
    const struct rule *rule; /* NULL: a good answer */
    double refused;          /* over 0: a limit was hit, and opens again in so many seconds */
    struct limits limits;    /* of the path */
    uint64_t requests_left, tokens_left;
};

/* A request has come: counted, and judged. seed: the request's, or -1. */
struct verdict seen_request(struct seen *seen, struct str path, struct str body, int64_t seed);
/* Its reply is on its way, or given up. good: it was a good answer. */
void seen_replied(struct seen *seen, struct str path, bool good);

/* {path: {"requests", "good", "faults", "refused", "in_flight_max", "different"}}; of one path with
 * "seeds": {seed: requests} too, if `path` is not empty. */
void seen_write(struct seen *seen, struct str path, struct buf *out);
