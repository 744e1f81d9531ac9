/* SPDX-License-Identifier: MIT */
/* What a failed exchange means: try again, or which end the call comes to. */
#pragma once

#include "io/http.h"
#include "model/config.h"
#include "model/model.h"

enum failure_kind {
    FAILURE_RETRY,   /* may work later; `fault` is what it becomes after the last attempt */
    FAILURE_CONTEXT, /* the conversation is too long for the model */
    FAILURE_REFUSED, /* a content filter */
    FAILURE_FINAL,   /* no later attempt would do better */
};

/* Each has its name and its rule in the table of errors.c; docs/faults.md. */
enum failure_class {
    /* without a status */
    FAILURE_CONNECT,
    FAILURE_TLS,
    FAILURE_TIMEOUT,
    FAILURE_STALLED,
    FAILURE_BROKEN, /* reset, closed early, not HTTP */
    FAILURE_TOO_LARGE,
    FAILURE_UNSENDABLE,
    FAILURE_DEADLINE, /* of the episode */
    FAILURE_CANCELLED,
    /* in a 2xx */
    FAILURE_MALFORMED, /* not JSON, or not a completion */
    FAILURE_EMPTY,     /* a completion without content */
    FAILURE_ERROR_REPLY,
    FAILURE_OVERLOADED,
    /* in any other status */
    FAILURE_REQUEST_TIMEOUT,
    FAILURE_CONFLICT,
    FAILURE_TOO_EARLY,
    FAILURE_RATE_LIMIT,
    FAILURE_NO_CREDIT,
    FAILURE_SERVER,
    FAILURE_UNAVAILABLE,
    FAILURE_UNSUPPORTED,
    FAILURE_CONTEXT_LIMIT,
    FAILURE_NO_ROOM, /* max_tokens alone passes the model's context */
    FAILURE_FILTER,
    FAILURE_KEY,
    FAILURE_NOT_FOUND,
    FAILURE_REDIRECT,
    FAILURE_BAD_REQUEST,
};

struct failure {
    const char *name; /* of the class, as users see it; static */
    enum failure_kind kind;
    enum model_fault fault;
    unsigned attempts; /* at most, whatever max_retries says; 0: no limit of its own */
    const char *hint;  /* what to do, or NULL */
};

/* any_success: some call to this model has been answered. Until then some classes mean that the
 * setup is wrong. */
struct failure failure_of_class(enum failure_class which, bool any_success);

/* An exchange without a status. */
struct failure failure_of_end(enum http_end end, bool any_success);

/* A reply that is no answer: any status but 2xx, or a 2xx with another body than a completion.
 * json: the parsed body, or NULL. */
struct failure failure_of_reply(int status, const struct json *json, struct str body,
                                const struct chat_config *config, bool any_success);

/* The server's own words: its message, else its body; one line, keys masked, control characters
 * escaped, at most 200 characters. */
void failure_words(struct buf *out, const struct json *json, struct str body,
                   const struct chat_config *config);
/* "; what to do", with the environment variables that the settings it names come from. */
void failure_hint(struct buf *out, const struct failure *failure, const struct chat_config *config);
/* Any text in that form. */
void failure_text(struct buf *out, struct str text, const struct chat_config *config);

/* Is it about the length of the conversation? Code or text of an error. */
bool failure_is_context_limit(struct str code, struct str text);

/* The reference's rule, wider than ours: "Rate limit reached for tokens" counts too. Kept for
 * comparison with its recorded cases. */
bool model_reference_context_limit(int status, struct str text);
