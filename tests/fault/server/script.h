/* SPDX-License-Identifier: MIT */
/*
 * What the fault server does, from a YAML file: a mapping of path names to
 *
 *   rules: [...]              the first one that matches decides; none: a good answer
 *   limits: {requests: N, tokens: N, window: SECONDS}
 *   expect: ...               for the test that runs against it
 *
 * A rule's conditions (all must hold; none: always)
 *   first: N       the first N requests with the same body
 *   share: 0.3     of all bodies, by their hash
 *   every: N       each N-th request on the path
 *   from: N, to: N by the number of the request on the path, from 0
 * and what it does
 *   delay: SECONDS before anything is sent
 *   status, headers, body     the reply; without a body, the good one. In body, {content} stands
 *                  for the good answer as a JSON string, {reply} for the whole good reply, {key}
 * for what the client sent as Authorization, {xHH} for any byte. It is a text, or a list of texts
 * and {repeat: TEXT, times: N} raw: TEXT      all bytes of the reply, head included chunked: true
 * as chunks of 7 bytes length: N      is added to the Content-Length that is announced cut: N only
 * the first N bytes are sent (below 1: that share of them) drip: {bytes: N, pause: SECONDS} end:
 * close | reset | hang     instead of keeping the connection
 */
#pragma once

#include "base/json.h"

enum rule_end { RULE_KEEP, RULE_CLOSE, RULE_RESET, RULE_HANG };

struct rule {
    double share;
    uint64_t first, every, from, to; /* 0 (to: UINT64_MAX) for none */
    double delay;
    int status;
    const struct json *headers, *body; /* NULL: none given */
    const char *raw;
    bool chunked;
    int64_t length;
    double cut; /* below 0: all */
    uint64_t drip_bytes;
    double drip_pause;
    enum rule_end end;
};

struct limits {
    uint64_t requests, tokens; /* per window; 0: none */
    double window;             /* seconds */
};

struct script_path {
    const char *name;
    struct rule *rules;
    size_t rule_count;
    struct limits limits;
};

struct script {
    struct json *tree; /* holds the texts */
    struct script_path *paths;
    size_t count;
};

/* EXIT_CONFIG with file:line for what is not understood. */
int script_read(const char *file, struct script *out, struct err *err);
void script_clear(struct script *script);
/* The entry of a path: its own name, else what stands before its first '-'; NULL if there is none.
 */
const struct script_path *script_find(const struct script *script, struct str name);
/* Does it need bytes on the socket that an HTTP library would not send? */
bool rule_is_raw(const struct rule *rule);
