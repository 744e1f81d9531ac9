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

static struct failure failed(enum failure_kind kind, enum model_fault fault, const char *hint)
{
    return (struct failure){.kind = kind, .fault = fault, .hint = hint};
}

struct failure failure_of_end(enum http_end end, bool any_success)
{
    struct failure unreachable = {
        .kind = FAILURE_RETRY,
        .fault = MODEL_FAULT_ENDPOINT,
        .unreachable = true,
        .hint = "is the server running, and base_url (OPENAI_BASE_URL) right?",
    };
    switch (end) {
    case HTTP_CONNECT:
        return unreachable;
    case HTTP_TLS:
        unreachable.hint = "is its certificate signed by an authority that this machine knows "
                           "(SSL_CERT_FILE)?";
        return unreachable;
    case HTTP_TIMEOUT:
        return failed(FAILURE_RETRY, MODEL_FAULT_CALL,
                      "if the model needs longer, raise timeout of the preset");
    case HTTP_DONE:
    case HTTP_BROKEN:
        return failed(FAILURE_RETRY, MODEL_FAULT_CALL, NULL);
    case HTTP_TOO_LARGE:
        return failed(FAILURE_FINAL, MODEL_FAULT_CALL,
                      "a reply this large is no completion; the limit is max_reply_bytes of the "
                      "preset");
    case HTTP_INVALID:
        /* The request cannot be at fault if one like it was answered. */
        if (any_success)
            return failed(FAILURE_RETRY, MODEL_FAULT_CALL, NULL);
        return failed(FAILURE_FINAL, MODEL_FAULT_CONFIG,
                      "correct base_url (OPENAI_BASE_URL), url or headers of the preset");
    case HTTP_CANCELLED:
        break;
    }
    return failed(FAILURE_FINAL, MODEL_FAULT_CANCELLED, NULL);
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
static struct failure context_failure(struct str text, const struct chat_config *config,
                                      bool any_success)
{
    int64_t length = any_success ? 0 : context_length(text);
    if (length > 0 && config->max_tokens >= (double)length)
        return failed(FAILURE_FINAL, MODEL_FAULT_CONFIG,
                      "max_tokens of the preset leaves no room for the conversation: lower it "
                      "(--set agent.max_tokens=N)");
    return failed(FAILURE_CONTEXT, MODEL_FAULT_NONE, NULL);
}

static struct failure client_error(int status, struct str code, bool any_success)
{
    switch (status) {
    case 401:
    case 403:
        return failed(FAILURE_FINAL, MODEL_FAULT_KEY,
                      "check the API key (OPENAI_API_KEY, or api_key of the preset)");
    case 402:
        return failed(FAILURE_FINAL, MODEL_FAULT_KEY, "the account has no credit left");
    case 404:
        return failed(FAILURE_FINAL, MODEL_FAULT_CONFIG,
                      "is the model's name (GRASP_MODEL) one the server has, and the path of "
                      "base_url (OPENAI_BASE_URL), mostly /v1, right?");
    case 408:
    case 409:
    case 425:
        return failed(FAILURE_RETRY, MODEL_FAULT_CALL, NULL);
    case 429:
        if (str_is(code, "insufficient_quota"))
            return failed(FAILURE_FINAL, MODEL_FAULT_KEY, "the account has no credit left");
        return failed(FAILURE_RETRY, MODEL_FAULT_ENDPOINT,
                      "fewer calls in flight (max_in_flight of the preset) may help");
    default:
        return failed(FAILURE_FINAL, any_success ? MODEL_FAULT_CALL : MODEL_FAULT_CONFIG, NULL);
    }
}

static struct failure server_error(int status)
{
    switch (status) {
    case 501:
    case 505:
        return failed(FAILURE_FINAL, MODEL_FAULT_CONFIG, NULL);
    case 502:
    case 503:
    case 504:
    case 529:
        return failed(FAILURE_RETRY, MODEL_FAULT_ENDPOINT, NULL);
    default:
        return failed(FAILURE_RETRY, MODEL_FAULT_CALL, NULL);
    }
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
    if (!text.len)
        text = body;
    if (can_be_context(status) && failure_is_context_limit(code, text))
        return context_failure(text, config, any_success);
    if (status < 500 && status != 429 && is_refusal(code, text))
        return failed(FAILURE_REFUSED, MODEL_FAULT_NONE, NULL);
    if (status / 100 == 2)
        return failed(FAILURE_RETRY, MODEL_FAULT_CALL, NULL);
    if (status / 100 == 3)
        return failed(FAILURE_FINAL, MODEL_FAULT_CONFIG,
                      "the server redirects; put the final address into base_url");
    return status / 100 == 4 ? client_error(status, code, any_success) : server_error(status);
}
