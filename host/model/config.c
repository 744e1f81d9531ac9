/* SPDX-License-Identifier: MIT */
#include "model/config.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/nearest.h"
#include "model/wire.h"

#define SECRET_MIN 4

enum { CHAT = 1, AZURE = 2, RESPONSES = 4, GEMINI = 8, COMPLETIONS = 16 };

static const char *const known_keys[] = {
    "accept_empty",
    "agent_role",
    "api_key",
    "api_version",
    "base_url",
    "body",
    "ca_file",
    "carry_reasoning",
    "client",
    "client_cert",
    "client_key",
    "connect_timeout",
    "credentials",
    "headers",
    "location",
    "low_speed_timeout",
    "max_completion_tokens",
    "max_in_flight",
    "max_output_tokens",
    "max_reply_bytes",
    "max_retries",
    "max_tokens",
    "model",
    "project",
    "prompt",
    "reasoning_effort",
    "requests_per_minute",
    "retry_after_max",
    "retry_base_delay",
    "retry_max_delay",
    "send_seed",
    "send_temperature",
    "structured_output",
    "system_role",
    "temperature",
    "text_verbosity",
    "thinking_budget",
    "timeout",
    "tokens_per_minute",
    "tools",
    "unix_socket",
    "url",
    "variables",
};

/* Those that not every client has. */
static const struct {
    const char *key;
    unsigned clients; /* as wire_bit numbers them */
} own_keys[] = {
    {"api_version", AZURE},
    {"project", GEMINI},
    {"location", GEMINI},
    {"credentials", GEMINI},
    {"thinking_budget", GEMINI},
    {"agent_role", CHAT | AZURE},
    {"max_completion_tokens", CHAT | AZURE},
    {"system_role", CHAT | AZURE | RESPONSES},
    {"reasoning_effort", CHAT | AZURE | RESPONSES},
    {"text_verbosity", CHAT | AZURE | RESPONSES},
    {"carry_reasoning", CHAT | AZURE | RESPONSES},
    {"structured_output", CHAT | AZURE | RESPONSES | GEMINI},
    {"prompt", COMPLETIONS},
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
    {"thinking_budget", offsetof(struct chat_config, thinking_budget), NAN, -1, 1e9, true},
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
            bool counts = at + len < name.len && name.ptr[at + len] == 's'; /* max_tokens */
            if (!counts && strncasecmp(name.ptr + at, words[i], len) == 0)
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

/* The environment variables behind a value, as ", from the environment variable A or B". */
static void add_variables(struct buf *out, const struct json *config, const char *key)
{
    const struct json *names = json_get(json_get(config, "variables"), key);
    for (size_t i = 0; i < json_count(names); i++)
        buf_printf(out, "%s%s", i ? " or " : ", from the environment variable ",
                   json_str(json_at(names, i)).ptr);
}

int chat_config_fault(const struct json *config, const char *key, struct err *err,
                      const char *format, ...)
{
    CLEANUP_BUF struct buf variables = {0};
    char words[400];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    add_variables(&variables, config, key);
    return err_set(err, EXIT_CONFIG, "%s of the preset%s%s %s", key,
                   variables.ptr ? variables.ptr : "", variables.len ? "," : "", words);
}

static int wrong_value(const struct json *config, const char *key, const char *wanted,
                       const struct json *value, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    if (strstr(key, "key") || strstr(key, "headers"))
        return chat_config_fault(config, key, err, "must be %s", wanted);
    json_write(&text, value, JSON_COMPACT);
    return chat_config_fault(config, key, err, "must be %s, not %.80s", wanted,
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
        return wrong_value(config, key, wanted, value, err);
    }
    memcpy(out, &got, sizeof(double));
    return 0;
}

static int read_numbers(const struct json *config, struct chat_config *out, struct err *err)
{
    static const char *const others[] = {"max_output_tokens", "max_completion_tokens"};
    int code = 0;
    for (size_t i = 0; !code && i < sizeof(numbers) / sizeof(*numbers); i++)
        code =
            read_number(config, numbers[i].key, &numbers[i], (char *)out + numbers[i].offset, err);
    out->max_tokens_name = "max_tokens";
    for (size_t i = 0; !code && i < sizeof(others) / sizeof(*others); i++) {
        if (json_is(json_get(config, others[i]), JSON_NULL))
            continue;
        code = read_number(config, others[i], &numbers[1], &out->max_tokens, err);
        if (i == 1)
            out->max_tokens_name = others[i];
    }
    return code;
}

static int read_bool(const struct json *config, const char *key, bool otherwise, bool *out,
                     struct err *err)
{
    const struct json *value = json_get(config, key);
    if (!json_is(value, JSON_NULL) && !json_is(value, JSON_BOOL))
        return wrong_value(config, key, "true or false", value, err);
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
        return wrong_value(config, key, "a text", value, err);
    for (size_t i = 0; i < text.len; i++) {
        if (iscntrl((unsigned char)text.ptr[i]))
            return chat_config_fault(config, key, err, "has a control character");
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

int chat_config_text(const struct json *config, const char *key, struct chat_config *out,
                     const char **text, struct err *err)
{
    return read_text(config, key, &out->arena, text, err);
}

static int no_endpoint(const struct json *config, const char *example, struct err *err)
{
    CLEANUP_BUF struct buf names = {0};
    add_variables(&names, config, "base_url");
    return err_set(err, EXIT_CONFIG,
                   "no endpoint configured: base_url of the preset%s must be something like %s, "
                   "or use --agent rehearsal",
                   names.ptr ? names.ptr : "", example);
}

static const char *joined_url(struct arena *arena, const char *base, const char *path)
{
    struct str trimmed = str_of(base);
    while (str_ends(trimmed, "/"))
        trimmed.len--;
    return arena_printf(arena, "%.*s%s", (int)trimmed.len, trimmed.ptr,
                        str_ends(trimmed, path) ? "" : path);
}

int chat_config_url(const struct json *config, const char *path, const char *otherwise,
                    const char *example, struct chat_config *out, struct err *err)
{
    const char *url = "", *base = "";
    int code = read_text(config, "url", &out->arena, &url, err);
    if (!code)
        code = read_text(config, "base_url", &out->arena, &base, err);
    if (code)
        return code;
    if (*url && *base)
        return err_set(err, EXIT_CONFIG, "the preset has both url and base_url: leave one out");
    if (!*url && !*base && !otherwise)
        return no_endpoint(config, example, err);
    if (!*url)
        url = joined_url(&out->arena, *base ? base : otherwise, path);
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        return chat_config_fault(config, *base ? "base_url" : "url", err,
                                 "must begin with http:// or https://, as in %s",
                                 example ? example : otherwise);
    out->url = url;
    out->shown_url = shown_url(&out->arena, url);
    return 0;
}

/* A file that the HTTP client opens by itself, some time later. */
static int read_path(const struct json *config, const char *key, struct chat_config *out,
                     const char **path, struct err *err)
{
    const char *text = "";
    int code = read_text(config, key, &out->arena, &text, err);
    if (code || !*text)
        return code;
    if (!file_exists(text))
        return chat_config_fault(config, key, err, "names %s, and there is no such file", text);
    *path = text;
    return 0;
}

static int read_peer(const struct json *config, struct chat_config *out, struct err *err)
{
    struct http_peer peer = {0};
    int code = read_path(config, "ca_file", out, &peer.ca_file, err);
    if (!code)
        code = read_path(config, "client_cert", out, &peer.client_cert, err);
    if (!code)
        code = read_path(config, "client_key", out, &peer.client_key, err);
    if (!code)
        code = read_path(config, "unix_socket", out, &peer.unix_socket, err);
    if (!code && peer.client_key && !peer.client_cert)
        code = chat_config_fault(config, "client_key", err, "needs client_cert beside it");
    if (code || (!peer.ca_file && !peer.client_cert && !peer.unix_socket))
        return code;
    struct http_peer *kept = arena_alloc(&out->arena, sizeof(*kept));
    *kept = peer;
    out->peer = kept;
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
        code = wrong_value(config, "headers", "a mapping of names and texts", headers, err);
    for (struct json_iter it = json_members(headers); !code && json_next(&it);) {
        code = read_text(headers, it.key.ptr, &out->arena, &value, err);
        if (code || !*value)
            continue;
        typed |= strcasecmp(it.key.ptr, "Content-Type") == 0;
        authorized |= strncasecmp(it.key.ptr, out->key_header, it.key.len) == 0;
        if (strcspn(it.key.ptr, ":\r\n ") != it.key.len)
            code = err_set(err, EXIT_CONFIG, "a header of the preset has a name that is none");
        add_text(&lines, arena_printf(&out->arena, "%s: %s", it.key.ptr, value));
        if (chat_config_secret_name(it.key))
            add_secret(&out->arena, &secrets, str_of(value));
    }
    out->wants_token = out->vertex && !*key && !authorized;
    if (!code && *key && !authorized)
        add_text(&lines, arena_printf(&out->arena, "%s%s", out->key_header, key));
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
    if (str_is(key, "prompt") && out->wire == &wire_completions)
        return err_set(err, EXIT_CONFIG,
                       "body of the preset cannot set prompt: it is made of the conversation");
    if (str_is(key, "stream") && json_bool(value, true))
        return err_set(err, EXIT_CONFIG, "body of the preset sets stream: replies are read whole");
    out->extra_seed |= str_is(key, "seed");
    out->extra_tools |= str_is(key, "tools");
    out->extra_format |= str_is(key, "response_format") || str_is(key, "text");
    out->extra_stop |= str_is(key, "stop");
    out->extra_choice |= str_is(key, "tool_choice") || str_is(key, "toolConfig");
    return 0;
}

static struct str keep(struct arena *arena, const struct buf *text)
{
    return (struct str){arena_dup(arena, text->ptr, text->len), text->len};
}

static void add_member(struct buf *to, struct str key, const struct json *value)
{
    buf_char(to, ',');
    json_write_str(to, key, 0);
    buf_char(to, ':');
    json_write(to, value, JSON_COMPACT);
}

static int read_body(const struct json *config, struct chat_config *out, struct err *err)
{
    const struct json *body = json_get(config, "body");
    CLEANUP_BUF struct buf extra = {0};
    CLEANUP_BUF struct buf tools = {0};
    CLEANUP_BUF struct buf generation = {0};
    if (!json_is(body, JSON_NULL) && !json_is(body, JSON_OBJECT))
        return wrong_value(config, "body", "a mapping of request parameters", body, err);
    for (struct json_iter it = json_members(body); json_next(&it);) {
        int code = note_body_key(it.key, it.value, out, err);
        if (code)
            return code;
        if (out->wire == &wire_gemini && str_is(it.key, "generationConfig")) {
            for (struct json_iter in = json_members(it.value); json_next(&in);)
                add_member(&generation, in.key, in.value);
            continue;
        }
        bool needs_tools = str_is(it.key, "tool_choice") || str_is(it.key, "parallel_tool_calls");
        add_member(needs_tools ? &tools : &extra, it.key, it.value);
    }
    out->extra = keep(&out->arena, &extra);
    out->tool_extra = keep(&out->arena, &tools);
    out->generation = keep(&out->arena, &generation);
    return 0;
}

static int read_client(const struct json *config, struct chat_config *out, struct err *err)
{
    out->wire = wire_find(json_str(json_get(config, "client")), err);
    if (!out->wire)
        return EXIT_CONFIG;
    for (size_t i = 0; i < sizeof(own_keys) / sizeof(*own_keys); i++) {
        if (json_is(json_get(config, own_keys[i].key), JSON_NULL) ||
            (own_keys[i].clients & wire_bit(out->wire)))
            continue;
        return chat_config_fault(config, own_keys[i].key, err, "means nothing to the client %s",
                                 out->wire->name);
    }
    return 0;
}

static int read_choice(const struct json *config, const char *key, const char *const *choices,
                       struct chat_config *out, const char **text, struct err *err)
{
    CLEANUP_BUF struct buf wanted = {0};
    int code = read_text(config, key, &out->arena, text, err);
    if (code)
        return code;
    if (!**text)
        *text = choices[0];
    for (size_t i = 0; choices[i]; i++) {
        if (strcmp(*text, choices[i]) == 0)
            return 0;
        buf_printf(&wanted, "%s%s", i ? " or " : "", choices[i]);
    }
    return wrong_value(config, key, wanted.ptr, json_get(config, key), err);
}

static int read_tools(const struct json *config, struct chat_config *out, struct err *err)
{
    static const char *const ways[] = {"native", "text", NULL};
    static const char *const roles[] = {"system", "developer", "user", NULL};
    const char *way = "";
    int code = read_choice(config, "tools", ways, out, &way, err);
    out->text_tools = strcmp(way, "text") == 0;
    return code ? code : read_choice(config, "system_role", roles, out, &out->system_role, err);
}

static int read_flags(const struct json *config, struct chat_config *out, struct err *err)
{
    bool temperature = true;
    int code = read_bool(config, "send_seed", true, &out->send_seed, err);
    if (!code)
        code = read_bool(config, "structured_output", false, &out->structured_output, err);
    if (!code)
        code = read_bool(config, "accept_empty", false, &out->accept_empty, err);
    if (!code)
        code = read_bool(config, "carry_reasoning", false, &out->carry_reasoning, err);
    if (!code)
        code = read_bool(config, "send_temperature", true, &temperature, err);
    out->no_temperature = !temperature;
    return code;
}

static int read_texts(const struct json *config, struct chat_config *out, struct err *err)
{
    int code = read_text(config, "agent_role", &out->arena, &out->agent_role, err);
    if (!code)
        code = read_text(config, "reasoning_effort", &out->arena, &out->reasoning_effort, err);
    if (!code)
        code = read_text(config, "text_verbosity", &out->arena, &out->text_verbosity, err);
    if (!code)
        code = read_text(config, "model", &out->arena, &out->model, err);
    if (!code && !*out->model)
        code = chat_config_fault(config, "model", err, "is missing: the name of a model");
    if (!code && !*out->agent_role)
        out->agent_role = "assistant";
    out->key_header = "Authorization: Bearer ";
    return code;
}

/* Settings that the other parts of a model's identity do not show (model.h: model_fingerprint). */
static void note_variant(const struct json *config, struct chat_config *out)
{
    CLEANUP_BUF struct buf text = {0};
    if (*out->reasoning_effort)
        buf_printf(&text, "\nreasoning_effort %s", out->reasoning_effort);
    if (*out->text_verbosity)
        buf_printf(&text, "\ntext_verbosity %s", out->text_verbosity);
    if (!isnan(out->thinking_budget))
        buf_printf(&text, "\nthinking_budget %.0f", out->thinking_budget);
    if (out->text_tools && !out->prompt)
        buf_text(&text, "\ntools text");
    if (json_count(json_get(config, "prompt"))) {
        buf_text(&text, "\nprompt ");
        json_write(&text, json_get(config, "prompt"), JSON_COMPACT | JSON_SORTED);
    }
    if (out->carry_reasoning)
        buf_text(&text, "\ncarry_reasoning");
    if (strcmp(out->system_role, "system") != 0)
        buf_printf(&text, "\nsystem_role %s", out->system_role);
    if (out->generation.len)
        buf_printf(&text, "\n%s", out->generation.ptr);
    out->variant = keep(&out->arena, &text).ptr;
}

/* For hints: "api_key is OPENAI_API_KEY". */
static void note_origins(const struct json *config, struct chat_config *out)
{
    static const char *const keys[CHAT_ORIGINS][4] = {
        {"base_url", "base_url", "url", "project"},
        {"api_key", "api_key", "headers", "credentials"},
        {"model", "model", "model", "model"},
    };
    for (size_t i = 0; i < CHAT_ORIGINS; i++) {
        CLEANUP_BUF struct buf text = {0};
        for (size_t k = 1; k < 4 && !text.len; k++) {
            bool other = out->wants_token && strcmp(keys[i][k], "api_key") == 0;
            if (!other)
                add_variables(&text, config, keys[i][k]);
        }
        out->origins[i].key = keys[i][0];
        out->origins[i].variables = keep(&out->arena, &text).ptr;
    }
}

static int read_all(const struct json *config, struct chat_config *out, struct err *err)
{
    int code = chat_config_check_keys(config, NULL, err);
    if (!code)
        code = read_client(config, out, err);
    if (!code)
        code = read_numbers(config, out, err);
    if (!code)
        code = read_body(config, out, err);
    if (!code)
        code = read_flags(config, out, err);
    if (!code)
        code = read_tools(config, out, err);
    if (!code)
        code = read_texts(config, out, err);
    if (!code)
        code = out->wire->configure(config, out, err);
    if (!code)
        code = read_headers(config, out, err);
    if (!code)
        code = read_peer(config, out, err);
    if (!code)
        note_variant(config, out);
    if (!code)
        note_origins(config, out);
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
