/* SPDX-License-Identifier: MIT */
#include "model/config.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/nearest.h"

#define SECRET_MIN 4

static const char *const known_keys[] = {
    "accept_empty",
    "agent_role",
    "api_key",
    "base_url",
    "body",
    "client",
    "connect_timeout",
    "headers",
    "low_speed_timeout",
    "max_completion_tokens",
    "max_in_flight",
    "max_reply_bytes",
    "max_retries",
    "max_tokens",
    "model",
    "requests_per_minute",
    "retry_after_max",
    "retry_base_delay",
    "retry_max_delay",
    "send_seed",
    "structured_output",
    "temperature",
    "timeout",
    "tokens_per_minute",
    "url",
};

/* The settings that are numbers, with their bounds. */
static const struct number {
    const char *key;
    size_t offset;
    double otherwise, least, most;
    bool whole;
} numbers[] = {
    {"temperature", offsetof(struct chat_config, temperature), NAN, 0, 100, false},
    {"max_tokens", offsetof(struct chat_config, max_tokens), 0, 0, 1e9, true},
    {"timeout", offsetof(struct chat_config, timeout), 120, 0.001, 86400, false},
    {"connect_timeout", offsetof(struct chat_config, connect_timeout), 10, 0.001, 86400, false},
    {"low_speed_timeout", offsetof(struct chat_config, low_speed_timeout), 60, 0, 86400, false},
    {"max_retries", offsetof(struct chat_config, max_retries), 10, 1, 1000, true},
    {"retry_base_delay", offsetof(struct chat_config, retry_base_delay), 1, 0, 86400, false},
    {"retry_max_delay", offsetof(struct chat_config, retry_max_delay), 60, 0, 86400, false},
    {"retry_after_max", offsetof(struct chat_config, retry_after_max), 300, 0, 86400, false},
    {"max_in_flight", offsetof(struct chat_config, max_in_flight), 0, 0, 1e6, true},
    {"requests_per_minute", offsetof(struct chat_config, requests_per_minute), 0, 0, 1e9, false},
    {"tokens_per_minute", offsetof(struct chat_config, tokens_per_minute), 0, 0, 1e12, false},
    {"max_reply_bytes", offsetof(struct chat_config, max_reply_bytes), 16 << 20, 1024, 1 << 28,
     true},
};

/* Texts that servers without keys are given; hiding them would garble logs. */
static bool is_secret(struct str value)
{
    return value.len >= SECRET_MIN && !str_is(value, "EMPTY");
}

bool chat_config_secret_name(struct str name)
{
    static const char *const words[] = {"auth", "key", "token", "secret", "cookie", "password"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        size_t len = strlen(words[i]);
        for (size_t at = 0; at + len <= name.len; at++) {
            if (strncasecmp(name.ptr + at, words[i], len) == 0)
                return true;
        }
    }
    return false;
}

int chat_config_check_keys(const struct json *config, const char **out_key, struct err *err)
{
    size_t count = sizeof(known_keys) / sizeof(*known_keys);
    for (struct json_iter it = json_members(config); json_next(&it);) {
        size_t i = 0;
        while (i < count && !str_is(it.key, known_keys[i]))
            i++;
        if (i < count)
            continue;
        const char *meant = nearest(it.key, known_keys, count);
        if (out_key)
            *out_key = it.key.ptr;
        return err_set(err, EXIT_CONFIG, "unknown key '%.*s' of a preset%s%s%s", (int)it.key.len,
                       it.key.ptr, meant ? "; did you mean '" : "; request parameters go into body",
                       meant ? meant : "", meant ? "'?" : "");
    }
    return 0;
}

static int wrong_value(const char *key, const char *wanted, const struct json *value,
                       struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    if (strstr(key, "key") || strstr(key, "headers"))
        return err_set(err, EXIT_CONFIG, "%s of the preset must be %s", key, wanted);
    json_write(&text, value, JSON_COMPACT);
    return err_set(err, EXIT_CONFIG, "%s of the preset must be %s, not %.80s", key, wanted,
                   text.ptr ? text.ptr : "null");
}

/* A value that came out of ${NAME} is a text. */
static bool number_of(const struct json *value, double *out)
{
    if (json_is(value, JSON_STRING))
        return str_to_double(str_trim(json_str(value)), out);
    if (!json_is(value, JSON_INT) && !json_is(value, JSON_DOUBLE))
        return false;
    *out = json_double(value, NAN);
    return true;
}

static int read_number(const struct json *config, const char *key, const struct number *number,
                       void *out, struct err *err)
{
    const struct json *value = json_get(config, key);
    double got;
    if (json_is(value, JSON_NULL)) {
        memcpy(out, &number->otherwise, sizeof(double));
        return 0;
    }
    if (!number_of(value, &got) || !(got >= number->least && got <= number->most) ||
        (number->whole && got != floor(got))) {
        char wanted[80];
        snprintf(wanted, sizeof(wanted), "a %snumber from %g to %.10g",
                 number->whole ? "whole " : "", number->least, number->most);
        return wrong_value(key, wanted, value, err);
    }
    memcpy(out, &got, sizeof(double));
    return 0;
}

static int read_numbers(const struct json *config, struct chat_config *out, struct err *err)
{
    int code = 0;
    for (size_t i = 0; !code && i < sizeof(numbers) / sizeof(*numbers); i++)
        code =
            read_number(config, numbers[i].key, &numbers[i], (char *)out + numbers[i].offset, err);
    out->max_tokens_name = "max_tokens";
    if (code || json_is(json_get(config, "max_completion_tokens"), JSON_NULL))
        return code;
    out->max_tokens_name = "max_completion_tokens";
    return read_number(config, out->max_tokens_name, &numbers[1], &out->max_tokens, err);
}

static int read_bool(const struct json *config, const char *key, bool otherwise, bool *out,
                     struct err *err)
{
    const struct json *value = json_get(config, key);
    if (!json_is(value, JSON_NULL) && !json_is(value, JSON_BOOL))
        return wrong_value(key, "true or false", value, err);
    *out = json_bool(value, otherwise);
    return 0;
}

/* Texts go into header lines and URLs: control characters would end them early. */
static int read_text(const struct json *config, const char *key, struct arena *arena,
                     const char **out, struct err *err)
{
    const struct json *value = json_get(config, key);
    struct str text = str_trim(json_str(value));
    if (!json_is(value, JSON_NULL) && !json_is(value, JSON_STRING))
        return wrong_value(key, "a text", value, err);
    for (size_t i = 0; i < text.len; i++) {
        if (iscntrl((unsigned char)text.ptr[i]))
            return err_set(err, EXIT_CONFIG, "%s of the preset has a control character", key);
    }
    *out = arena_dup(arena, text.ptr, text.len);
    return 0;
}

/* scheme://host/path, without what may hold a password or a key. */
static const char *shown_url(struct arena *arena, const char *url)
{
    const char *host = strstr(url, "://") + 3;
    size_t len = strcspn(host, "?#");
    size_t authority = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', authority);
    size_t skip = at ? (size_t)(at + 1 - host) : 0;
    return arena_printf(arena, "%.*s%.*s", (int)(host - url), url, (int)(len - skip), host + skip);
}

static int read_url(const struct json *config, struct chat_config *out, struct err *err)
{
    static const char path[] = "/chat/completions";
    const char *url = "", *base = "";
    int code = read_text(config, "url", &out->arena, &url, err);
    if (!code)
        code = read_text(config, "base_url", &out->arena, &base, err);
    if (code)
        return code;
    if (*url && *base)
        return err_set(err, EXIT_CONFIG, "the preset has both url and base_url: leave one out");
    if (!*url && !*base)
        return err_set(err, EXIT_CONFIG,
                       "no endpoint configured: set OPENAI_BASE_URL (base_url of the preset) to "
                       "something like http://127.0.0.1:8000/v1, or use --agent rehearsal");
    if (!*url) {
        struct str trimmed = str_of(base);
        while (str_ends(trimmed, "/"))
            trimmed.len--;
        url = arena_printf(&out->arena, "%.*s%s", (int)trimmed.len, trimmed.ptr,
                           str_ends(trimmed, path) ? "" : path);
    }
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        return err_set(err, EXIT_CONFIG,
                       "%s of the preset must begin with http:// or https://, as in "
                       "http://127.0.0.1:8000/v1",
                       *base ? "base_url" : "url");
    out->url = url;
    out->shown_url = shown_url(&out->arena, url);
    return 0;
}

struct texts {
    const char **items;
    size_t count, capacity;
};

static void add_text(struct texts *texts, const char *text)
{
    MEM_RESERVE(texts->items, texts->count, texts->capacity);
    texts->items[texts->count++] = text;
}

static const char *const *keep_texts(struct arena *arena, struct texts *texts)
{
    add_text(texts, NULL);
    const char **kept = arena_alloc(arena, texts->count * sizeof(*kept));
    memcpy(kept, texts->items, texts->count * sizeof(*kept));
    mem_free(texts->items);
    return kept;
}

/* "Bearer KEY" and "Basic KEY" hide KEY. */
static struct str secret_part(struct str value)
{
    struct str rest = value;
    struct str scheme = str_cut(&rest, ' ');
    bool known = scheme.len <= 6 && rest.len;
    return known ? str_trim(rest) : value;
}

static void add_secret(struct arena *arena, struct texts *secrets, struct str value)
{
    struct str secret = secret_part(value);
    if (is_secret(secret))
        add_text(secrets, arena_dup(arena, secret.ptr, secret.len));
}

/* user:password@ and the query of the URL. */
static void add_url_secrets(struct arena *arena, struct texts *secrets, const char *url)
{
    const char *host = strstr(url, "://") + 3;
    const char *at = memrchr(host, '@', strcspn(host, "/?#"));
    if (at) {
        struct str user = {host, (size_t)(at - host)}, password = user;
        str_cut(&password, ':');
        add_secret(arena, secrets, user);
        add_secret(arena, secrets, password);
    }
    struct str query = str_of(strchr(host, '?'));
    str_cut(&query, '?');
    while (query.len) {
        struct str value = str_cut(&query, '&');
        str_cut(&value, '=');
        if (value.len > 2 * SECRET_MIN)
            add_secret(arena, secrets, value);
    }
}

static int read_headers(const struct json *config, struct chat_config *out, struct err *err)
{
    const struct json *headers = json_get(config, "headers");
    struct texts lines = {0}, secrets = {0};
    const char *key = "", *value = "";
    bool typed = false, authorized = false;
    int code = read_text(config, "api_key", &out->arena, &key, err);
    if (!code && !json_is(headers, JSON_NULL) && !json_is(headers, JSON_OBJECT))
        code = wrong_value("headers", "a mapping of names and texts", headers, err);
    for (struct json_iter it = json_members(headers); !code && json_next(&it);) {
        code = read_text(headers, it.key.ptr, &out->arena, &value, err);
        if (code || !*value)
            continue;
        typed |= strcasecmp(it.key.ptr, "Content-Type") == 0;
        authorized |= strcasecmp(it.key.ptr, "Authorization") == 0;
        if (strcspn(it.key.ptr, ":\r\n ") != it.key.len)
            code = err_set(err, EXIT_CONFIG, "a header of the preset has a name that is none");
        add_text(&lines, arena_printf(&out->arena, "%s: %s", it.key.ptr, value));
        if (chat_config_secret_name(it.key))
            add_secret(&out->arena, &secrets, str_of(value));
    }
    if (!code && *key && !authorized)
        add_text(&lines, arena_printf(&out->arena, "Authorization: Bearer %s", key));
    if (!code)
        add_secret(&out->arena, &secrets, str_of(key));
    if (!typed)
        add_text(&lines, "Content-Type: application/json");
    if (!code)
        add_url_secrets(&out->arena, &secrets, out->url);
    out->headers = keep_texts(&out->arena, &lines);
    out->secrets = keep_texts(&out->arena, &secrets);
    return code;
}

/* Those keys of body that have a meaning of their own here. */
static int note_body_key(struct str key, const struct json *value, struct chat_config *out,
                         struct err *err)
{
    static const char *const elsewhere[] = {"messages", "model", "temperature", "max_tokens",
                                            "max_completion_tokens"};
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++) {
        if (str_is(key, elsewhere[i]))
            return err_set(err, EXIT_CONFIG, "body of the preset cannot set %s%s", elsewhere[i],
                           i == 0 ? "" : ": it is a key of the preset itself");
    }
    if (str_is(key, "stream") && json_bool(value, true))
        return err_set(err, EXIT_CONFIG, "body of the preset sets stream: replies are read whole");
    out->extra_seed |= str_is(key, "seed");
    out->extra_tools |= str_is(key, "tools");
    out->extra_format |= str_is(key, "response_format");
    return 0;
}

static int read_body(const struct json *config, struct chat_config *out, struct err *err)
{
    const struct json *body = json_get(config, "body");
    CLEANUP_BUF struct buf extra = {0};
    CLEANUP_BUF struct buf tools = {0};
    if (!json_is(body, JSON_NULL) && !json_is(body, JSON_OBJECT))
        return wrong_value("body", "a mapping of request parameters", body, err);
    for (struct json_iter it = json_members(body); json_next(&it);) {
        int code = note_body_key(it.key, it.value, out, err);
        if (code)
            return code;
        bool needs_tools = str_is(it.key, "tool_choice") || str_is(it.key, "parallel_tool_calls");
        struct buf *to = needs_tools ? &tools : &extra;
        buf_char(to, ',');
        json_write_str(to, it.key, 0);
        buf_char(to, ':');
        json_write(to, it.value, JSON_COMPACT);
    }
    out->extra = (struct str){arena_dup(&out->arena, extra.ptr, extra.len), extra.len};
    out->tool_extra = (struct str){arena_dup(&out->arena, tools.ptr, tools.len), tools.len};
    return 0;
}

static int read_client(const struct json *config, struct err *err)
{
    static const char *const clients[] = {"chat", "rehearsal"};
    struct str client = json_str(json_get(config, "client"));
    if (str_is(client, "chat"))
        return 0;
    if (str_is(client, "rehearsal"))
        return err_set(err, EXIT_CONFIG, "the rehearsal has no endpoint: it runs in process");
    const char *meant = nearest(client, clients, 2);
    return err_set(err, EXIT_CONFIG,
                   "client '%.*s' of the preset is not known%s%s%s; there is chat", (int)client.len,
                   client.ptr, meant ? "; did you mean '" : "", meant ? meant : "",
                   meant ? "'?" : "");
}

static int read_all(const struct json *config, struct chat_config *out, struct err *err)
{
    int code = chat_config_check_keys(config, NULL, err);
    if (!code)
        code = read_client(config, err);
    if (!code)
        code = read_url(config, out, err);
    if (!code)
        code = read_headers(config, out, err);
    if (!code)
        code = read_numbers(config, out, err);
    if (!code)
        code = read_body(config, out, err);
    if (!code)
        code = read_bool(config, "send_seed", true, &out->send_seed, err);
    if (!code)
        code = read_bool(config, "structured_output", false, &out->structured_output, err);
    if (!code)
        code = read_bool(config, "accept_empty", false, &out->accept_empty, err);
    if (!code)
        code = read_text(config, "agent_role", &out->arena, &out->agent_role, err);
    if (!code)
        code = read_text(config, "model", &out->arena, &out->model, err);
    if (!code && !*out->model)
        code = err_set(err, EXIT_CONFIG, "the preset names no model: give it a key model");
    if (!code && !*out->agent_role)
        out->agent_role = "assistant";
    return code;
}

int chat_config_read(const struct json *config, struct chat_config *out, struct err *err)
{
    struct chat_config read = {0};
    int code = read_all(config, &read, err);
    if (code)
        chat_config_clear(&read);
    else
        *out = read;
    return code;
}

void chat_config_clear(struct chat_config *config)
{
    arena_clear(&config->arena);
    *config = (struct chat_config){0};
}

static void hide(struct str value)
{
    struct str secret = secret_part(str_trim(value));
    CLEANUP_FREE char *text = mem_dup(secret.ptr, secret.len);
    if (is_secret(secret))
        log_secret(text);
}

void chat_config_hide_secrets(const struct json *config)
{
    hide(json_str(json_get(config, "api_key")));
    for (struct json_iter it = json_members(json_get(config, "headers")); json_next(&it);) {
        if (chat_config_secret_name(it.key))
            hide(json_str(it.value));
    }
}
