/* SPDX-License-Identifier: MIT */
/*
 * Tokens that have to be fetched before a request can be sent, and again before they expire. Who
 * asks gets the token there is; where there is none, the first who asks starts a fetch and all
 * others wait for it, so that there is never more than one under way.
 */
#pragma once

#include "io/http.h"
#include "model/errors.h"

struct auth;

/* Where the tokens come from: one file per kind (auth_google.c). */
struct auth_source {
    /* Fills method, url, headers and body of `request`, whose texts live in the arena. */
    int (*prepare)(void *self, struct http_request *request, struct arena *arena, struct err *err);
    const char *hint; /* what to do when the tokens are refused */
    const char *hint_unreachable;
    const char *const *secrets; /* ended by NULL */
    void (*close)(void *self);
    void *self;
};

/* Who wants a token. */
struct auth_waiter {
    void (*ready)(struct auth_waiter *waiter); /* loop thread */
    char *header; /* "Authorization: Bearer ..."; NULL if there is none to be had */
    const char **headers, **secrets; /* after auth_headers */
    struct failure failure;          /* then: why */
    char *text;                      /* likewise */
    struct auth_waiter *next;
};

/* Takes over the source. */
struct auth *auth_create(const struct auth_source *source, struct http_client *http);
/* True: the waiter is filled, ready is not called. Any thread. */
bool auth_take(struct auth *auth, struct auth_waiter *waiter);
/* The same, but waits. Not on the loop thread. */
void auth_wait(struct auth *auth, struct auth_waiter *waiter);
/* The headers of the preset and the token's; `secrets` becomes what no text may show. */
const char *const *auth_headers(struct auth_waiter *waiter, const struct chat_config *config);
/* The service does not take this one: if it is the present one, the next who asks gets another. */
void auth_refused(struct auth *auth, const char *header);
void auth_waiter_clear(struct auth_waiter *waiter);
/* Who waits gets a failure, and who asks from now on. Loop thread. */
void auth_cancel(struct auth *auth);
void auth_close(struct auth *auth); /* nobody waits; NULL is fine */
