/* SPDX-License-Identifier: MIT */
#include "model/errors.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#define WORDS_MAX 200    /* characters shown */
#define SEARCH_MAX 65536 /* bytes of a text that are searched for wording */

static bool contains(struct str text, const char *lower)
{
    size_t len = strlen(lower);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (strncasecmp(text.ptr + i, lower, len) == 0)
            return true;
    }
    return false;
}

static bool contains_any(struct str text, const char *const *words)
{
    for (; *words; words++) {
        if (contains(text, *words))
            return true;
    }
    return false;
}

static struct str searched(struct str text)
{
    return (struct str){text.ptr, text.len < SEARCH_MAX ? text.len : SEARCH_MAX};
}

bool model_reference_context_limit(int status, struct str text)
{
    static const char *const what[] = {"prompt", "context", "tokens", NULL};
    static const char *const how[] = {"limit", "exceed", "max", "long",   "much", "many",
                                      "reach", "over",   "up",  "beyond", NULL};
    return status != 200 && contains_any(text, what) && contains_any(text, how);
}

bool failure_is_context_limit(struct str code, struct str text)
{
    static const char *const codes[] = {"context_length_exceeded", "exceed_context_size",
                                        "context_window_exceeded", "contextwindowexceeded", NULL};
    static const char *const plain[] = {
        "maximum context length", "context_length_exceeded",  "prompt is too long",
        "input is too long",      "prompt too long",          "too many tokens",
        "too many input tokens",  "maximum number of tokens", NULL};
    static const char *const room[] = {"context length", "context window", "context size", NULL};
    static const char *const over[] = {"exceed",  "too long", "longer", "larger",
                                       "maximum", "limit",    "beyond", NULL};
    text = searched(text);
    if (contains_any(code, codes) || contains_any(text, plain))
        return true;
    return contains_any(text, room) && contains_any(text, over);
}

/* Errors come as {"error": {"message", "type", "code"}}, {"error": "text"}, {"message"},
 * {"detail": "text"} or {"detail": [{"msg"}]}. */
static const struct json *error_object(const struct json *json)
{
    const struct json *error = json_get(json, "error");
    return json_is(error, JSON_OBJECT) ? error : json;
}

static struct str error_message(const struct json *json)
{
    static const char *const keys[] = {"message", "error", "detail", "msg"};
    const struct json *error = error_object(json);
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const struct json *value = json_get(error, keys[i]);
        if (json_is(value, JSON_ARRAY))
            value = json_get(json_at(value, 0), "msg");
        if (json_str(value).len)
            return json_str(value);
    }
    return (struct str){"", 0};
}

/* The first of `code` and `type` that is a text. */
static struct str error_code(const struct json *json)
{
    const struct json *error = error_object(json);
    struct str code = json_str(json_get(error, "code"));
    return code.len ? code : json_str(json_get(error, "type"));
}

static size_t secret_at(struct str rest, const struct chat_config *config)
{
    for (const char *const *secret = config->secrets; secret && *secret; secret++) {
        if (str_starts(rest, *secret))
            return strlen(*secret);
    }
    return 0;
}

/* Masks before it cuts: half a key at the end would no longer match. */
void failure_text(struct buf *out, struct str text, const struct chat_config *config)
{
    size_t shown = 0;
    text = str_trim(text);
    while (text.len && shown < WORDS_MAX) {
        size_t secret = secret_at(text, config);
        size_t len = secret ? secret : utf8_length(text.ptr, text.ptr + text.len);
        if (len == 0)
            len = 1;
        size_t before = out->len;
        if (secret)
            buf_text(out, "***");
        else if (isspace((unsigned char)*text.ptr))
            buf_char(out, ' ');
        else
            buf_escaped(out, (struct str){text.ptr, len});
        shown += out->len - before > len ? out->len - before : 1;
        text = (struct str){text.ptr + len, text.len - len};
    }
    if (text.len)
        buf_text(out, "...");
}

void failure_words(struct buf *out, const struct json *json, struct str body,
                   const struct chat_config *config)
{
    struct str message = error_message(json);
    CLEANUP_BUF struct buf plain = {0};
    if (message.len) {
        failure_text(out, message, config);
        return;
    }
    /* Written anew, because "\/" and \u escapes in the body could hide a key from the mask. */
    if (json) {
        json_write(&plain, json, 0);
        body = buf_view(&plain);
    }
    if (str_trim(body).len == 0)
        buf_text(out, "(an empty body)");
    else
        failure_text(out, body, config);
}

/* One row a class. docs/faults.md says the same for people. */
static const struct rule {
    const char *name;
    enum failure_kind kind;
    enum model_fault fault;
    enum model_fault fault_at_first; /* as long as no call has been answered; 0: the same */
    unsigned attempts, attempts_at_first;
    const char *hint;
} rules[] = {
    [FAILURE_CONNECT] = {"connect", FAILURE_RETRY, MODEL_FAULT_ENDPOINT, .attempts_at_first = 3,
                         .hint = "is the server running, and base_url right?"},
    [FAILURE_TLS] = {"tls", FAILURE_RETRY, MODEL_FAULT_ENDPOINT, .attempts_at_first = 3,
                     .hint = "is its certificate signed by an authority that this machine knows "
                             "(SSL_CERT_FILE)?"},
    [FAILURE_TIMEOUT] = {"timeout", FAILURE_RETRY, MODEL_FAULT_CALL,
                         .hint = "if the model needs longer, raise timeout of the preset"},
    [FAILURE_STALLED] = {"stalled", FAILURE_RETRY, MODEL_FAULT_CALL,
                         .hint = "if the server pauses within a reply, raise low_speed_timeout of "
                                 "the preset"},
    [FAILURE_BROKEN] = {"broken", FAILURE_RETRY, MODEL_FAULT_CALL, .hint = NULL},
    [FAILURE_TOO_LARGE] = {"too_large", FAILURE_FINAL, MODEL_FAULT_CALL,
                           .hint = "a reply this large is no completion; the limit is "
                                   "max_reply_bytes of the preset"},
    /* The request cannot be at fault if one like it was answered. */
    [FAILURE_UNSENDABLE] = {"unsendable", FAILURE_RETRY, MODEL_FAULT_CALL, MODEL_FAULT_CONFIG,
                            .attempts_at_first = 1,
                            .hint = "correct base_url, url or headers of the "
                                    "preset"},
    [FAILURE_DEADLINE] = {"episode_timeout", FAILURE_FINAL, MODEL_FAULT_CALL,
                          .hint = "the episode's time is up (episode_timeout)"},
    [FAILURE_CANCELLED] = {"cancelled", FAILURE_FINAL, MODEL_FAULT_CANCELLED, .hint = NULL},
    [FAILURE_MALFORMED] = {"malformed", FAILURE_RETRY, MODEL_FAULT_CALL, .hint = NULL},
    [FAILURE_EMPTY] = {"empty_content", FAILURE_RETRY, MODEL_FAULT_CALL, .attempts = 3,
                       .hint = "a reasoning model may need more max_tokens"},
    [FAILURE_ERROR_REPLY] = {"error_reply", FAILURE_RETRY, MODEL_FAULT_CALL, .hint = NULL},
    [FAILURE_OVERLOADED] = {"overloaded", FAILURE_RETRY, MODEL_FAULT_ENDPOINT,
                            .hint = "fewer calls in flight (max_in_flight of the preset) may help"},
    [FAILURE_REQUEST_TIMEOUT] = {"request_timeout", FAILURE_RETRY, MODEL_FAULT_CALL, .hint = NULL},
    [FAILURE_CONFLICT] = {"conflict", FAILURE_RETRY, MODEL_FAULT_CALL, .hint = NULL},
    [FAILURE_TOO_EARLY] = {"too_early", FAILURE_RETRY, MODEL_FAULT_CALL, .hint = NULL},
    [FAILURE_RATE_LIMIT] = {"rate_limit", FAILURE_RETRY, MODEL_FAULT_ENDPOINT,
                            .hint = "fewer calls in flight (max_in_flight of the preset) may help"},
    [FAILURE_NO_CREDIT] = {"no_credit", FAILURE_FINAL, MODEL_FAULT_KEY,
                           .hint = "the account has no credit left"},
    [FAILURE_SERVER] = {"server_error", FAILURE_RETRY, MODEL_FAULT_CALL, .hint = NULL},
    [FAILURE_UNAVAILABLE] = {"unavailable", FAILURE_RETRY, MODEL_FAULT_ENDPOINT, .hint = NULL},
    [FAILURE_UNSUPPORTED] = {"unsupported", FAILURE_FINAL, MODEL_FAULT_CONFIG, .hint = NULL},
    [FAILURE_CONTEXT_LIMIT] = {"context_limit", FAILURE_CONTEXT, MODEL_FAULT_NONE, .hint = NULL},
    [FAILURE_NO_ROOM] = {"no_room", FAILURE_FINAL, MODEL_FAULT_CONFIG,
                         .hint = "max_tokens of the preset leaves no room for the conversation: "
                                 "lower it (--set agent.max_tokens=N)"},
    [FAILURE_FILTER] = {"content_filter", FAILURE_REFUSED, MODEL_FAULT_NONE, .hint = NULL},
    [FAILURE_KEY] = {"auth", FAILURE_FINAL, MODEL_FAULT_KEY,
                     .hint = "check the API key (api_key of the preset)"},
    [FAILURE_NOT_FOUND] = {"model_not_found", FAILURE_FINAL, MODEL_FAULT_CONFIG,
                           .hint = "is the model's name (model) one the server has, and the "
                                   "path of base_url, mostly /v1, right?"},
    [FAILURE_REDIRECT] = {"redirect", FAILURE_FINAL, MODEL_FAULT_CONFIG,
                          .hint = "the server redirects; put the final address into base_url"},
    [FAILURE_BAD_REQUEST] = {"bad_request", FAILURE_FINAL, MODEL_FAULT_CALL, MODEL_FAULT_CONFIG,
                             .hint = NULL},
};

struct failure failure_of_class(enum failure_class which, bool any_success)
{
    const struct rule *rule = &rules[which];
    bool first = !any_success;
    return (struct failure){
        .name = rule->name,
        .kind = rule->kind,
        .fault = first && rule->fault_at_first ? rule->fault_at_first : rule->fault,
        .attempts = first && rule->attempts_at_first ? rule->attempts_at_first : rule->attempts,
        .hint = rule->hint,
    };
}

struct failure failure_of_end(enum http_end end, bool any_success)
{
    static const enum failure_class classes[] = {
        [HTTP_DONE] = FAILURE_BROKEN,
        [HTTP_CONNECT] = FAILURE_CONNECT,
        [HTTP_TLS] = FAILURE_TLS,
        [HTTP_TIMEOUT] = FAILURE_TIMEOUT,
        [HTTP_STALLED] = FAILURE_STALLED,
        [HTTP_BROKEN] = FAILURE_BROKEN,
        [HTTP_TOO_LARGE] = FAILURE_TOO_LARGE,
        [HTTP_CANCELLED] = FAILURE_CANCELLED,
        [HTTP_INVALID] = FAILURE_UNSENDABLE,
    };
    return failure_of_class(classes[end], any_success);
}

void failure_hint(struct buf *out, const struct failure *failure, const struct chat_config *config)
{
    if (!failure->hint)
        return;
    buf_printf(out, "; %s", failure->hint);
    for (size_t i = 0; i < CHAT_ORIGINS; i++) {
        const struct chat_origin *origin = &config->origins[i];
        const char *named =
            origin->key && strcmp(origin->key, "model") == 0 ? "(model)" : origin->key;
        if (named && strstr(failure->hint, named) && *origin->variables)
            buf_printf(out, " (%s%s)", origin->key, origin->variables);
    }
}

static bool is_refusal(struct str code, struct str text)
{
    static const char *const words[] = {"content_filter", "content_policy_violation",
                                        "responsibleaipolicyviolation", "content management policy",
                                        NULL};
    return contains_any(code, words) || contains_any(searched(text), words);
}

/* The number after "maximum context length is", or 0. */
static int64_t context_length(struct str text)
{
    size_t at;
    int64_t length;
    if (!str_find(text, STR("maximum context length is "), &at))
        return 0;
    struct str rest = {text.ptr + at + 26, text.len - at - 26};
    return str_to_i64(str_cut(&rest, ' '), &length) ? length : 0;
}

/* A server with a small context refuses every request of a preset with a large max_tokens: that is
 * a setting to correct, not a conversation that grew too long. */
static enum failure_class context_class(struct str text, const struct chat_config *config,
                                        bool any_success)
{
    int64_t length = any_success ? 0 : context_length(text);
    bool no_room = length > 0 && config->max_tokens >= (double)length;
    return no_room ? FAILURE_NO_ROOM : FAILURE_CONTEXT_LIMIT;
}

static bool is_overload(struct str code, struct str text)
{
    static const char *const words[] = {
        "overloaded", "over capacity", "at capacity",       "too busy",   "server is busy",
        "try again",  "rate limit",    "too many requests", "rate_limit", "temporarily unavailable",
        NULL};
    return contains_any(code, words) || contains_any(searched(text), words);
}

static enum failure_class class_of_status(int status, struct str code)
{
    switch (status) {
    case 401:
    case 403:
        return FAILURE_KEY;
    case 402:
        return FAILURE_NO_CREDIT;
    case 404:
        return FAILURE_NOT_FOUND;
    case 408:
        return FAILURE_REQUEST_TIMEOUT;
    case 409:
        return FAILURE_CONFLICT;
    case 425:
        return FAILURE_TOO_EARLY;
    case 429:
        return str_is(code, "insufficient_quota") ? FAILURE_NO_CREDIT : FAILURE_RATE_LIMIT;
    case 501:
    case 505:
        return FAILURE_UNSUPPORTED;
    case 502:
    case 503:
    case 504:
    case 529:
        return FAILURE_UNAVAILABLE;
    default:
        break;
    }
    if (status / 100 == 3)
        return FAILURE_REDIRECT;
    return status / 100 == 4 ? FAILURE_BAD_REQUEST : FAILURE_SERVER;
}

/* Routers answer 200 and put the status of the server behind them into the body. */
static int status_inside(const struct json *json)
{
    static const char *const keys[] = {"code", "status"};
    const struct json *error = error_object(json);
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        const struct json *value = json_get(error, keys[i]);
        int64_t number = json_int(value, 0);
        if (json_is(value, JSON_STRING) && !str_to_i64(json_str(value), &number))
            continue;
        if (number >= 400 && number <= 599)
            return (int)number;
    }
    return 0;
}

/* A 2xx that holds no completion. */
static enum failure_class class_of_success(const struct json *json, struct str code,
                                           struct str text)
{
    static const char *const keys[] = {"invalid_api_key", "authentication_error", NULL};
    int inside = status_inside(json);
    bool error = !json_is(json_get(json, "error"), JSON_NULL);
    if (inside)
        return class_of_status(inside, code);
    if (error && contains_any(code, keys))
        return FAILURE_KEY;
    if (error && str_is(code, "model_not_found"))
        return FAILURE_NOT_FOUND;
    if (error && str_is(code, "insufficient_quota"))
        return FAILURE_NO_CREDIT;
    if (is_overload(code, text))
        return FAILURE_OVERLOADED;
    return error ? FAILURE_ERROR_REPLY : FAILURE_MALFORMED;
}

/* llama.cpp has said 500 for a conversation that is too long, text-generation-inference 422. */
static bool can_be_context(int status)
{
    return status == 400 || status == 413 || status == 422 || status == 500 || status / 100 == 2;
}

struct failure failure_of_reply(int status, const struct json *json, struct str body,
                                const struct chat_config *config, bool any_success)
{
    struct str code = error_code(json), text = error_message(json);
    enum failure_class which;
    if (!text.len)
        text = body;
    if (can_be_context(status) && failure_is_context_limit(code, text))
        which = context_class(text, config, any_success);
    else if (status < 500 && status != 429 && is_refusal(code, text))
        which = FAILURE_FILTER;
    else if (status / 100 == 2)
        which = class_of_success(json, code, text);
    else if (status == 400 && str_is(code, "model_not_found"))
        which = FAILURE_NOT_FOUND;
    else
        which = class_of_status(status, code);
    return failure_of_class(which, any_success);
}
