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

struct failure {
    enum failure_kind kind;
    enum model_fault fault;
    bool unreachable; /* no connection came about: few attempts as long as none ever did */
    const char *hint; /* what to do, or NULL */
};

/* An exchange without a status. any_success: some call to this model has been answered. */
struct failure failure_of_end(enum http_end end, bool any_success);

/* A reply that is no answer: any status but 2xx, or a 2xx with another body than a completion.
 * json: the parsed body, or NULL. */
struct failure failure_of_reply(int status, const struct json *json, struct str body,
                                const struct chat_config *config, bool any_success);

/* The server's own words: its message, else its body; one line, keys masked, control characters
 * escaped, at most 200 characters. */
void failure_words(struct buf *out, const struct json *json, struct str body,
                   const struct chat_config *config);
/* Any text in that form. */
void failure_text(struct buf *out, struct str text, const struct chat_config *config);

/* Is it about the length of the conversation? Code or text of an error. */
bool failure_is_context_limit(struct str code, struct str text);

/* The reference's rule, wider than ours: "Rate limit reached for tokens" counts too. Kept for
 * comparison with its recorded cases. */
bool model_reference_context_limit(int status, struct str text);
