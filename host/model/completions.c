/* SPDX-License-Identifier: MIT */
/*
 * Completions of plain text: base models, and servers without a chat template
 * (platform.openai.com/docs/api-reference/completions, docs.vllm.ai/en/stable/serving/
 * openai_compatible_server, github.com/ggml-org/llama.cpp/tree/master/tools/server). The
 * conversation becomes one text, each turn by its role's pattern, and the model goes on where it
 * ends.
 */
#include <string.h>

#include "model/chat.h"

#define CONTENT "{content}"
#define PATTERN_MAX 65536

/* What surrounds a turn's content. */
struct pattern {
    struct str before, after;
};

struct prompt_style {
    struct str start, end; /* of the whole text */
    struct pattern system, user, agent;
    struct str stop; /* with this a turn of the user begins; empty: nothing does */
};

static const struct prompt_style plain_style = {
    .start = {"", 0},
    .system = {{"", 0}, {"\n\n", 2}},
    .user = {{"User: ", 6}, {"\n\n", 2}},
    .agent = {{"Assistant: ", 11}, {"\n\n", 2}},
    .end = {"Assistant:", 10},
};

static const struct pattern *pattern_of(const struct prompt_style *style, struct str role)
{
    if (wire_is_agent(role))
        return &style->agent;
    return str_is(role, "system") ? &style->system : &style->user;
}

static void write_prompt(struct buf *out, const struct prompt_style *style,
                         const struct model_request *request)
{
    buf_str(out, style->start);
    for (size_t i = 0; i < request->count; i++) {
        const struct message *message = &request->messages[i];
        const struct pattern *pattern = pattern_of(style, message->role);
        if (!message_is_sent(message))
            continue;
        buf_str(out, pattern->before);
        buf_str(out, message->content);
        buf_str(out, pattern->after);
    }
    buf_str(out, style->end);
}

static void encode(const struct chat_config *config, const struct model_request *request,
                   struct buf *out)
{
    CLEANUP_BUF struct buf prompt = {0};
    write_prompt(&prompt, config->prompt, request);
    wire_make_room(out, request);
    buf_text(out, "{\"model\":");
    json_write_str(out, str_of(config->model), 0);
    buf_text(out, ",\"prompt\":");
    json_write_str(out, buf_view(&prompt), 0);
    chat_write_decoding(out, config, request);
    if (config->prompt->stop.len && !config->extra_stop) {
        buf_text(out, ",\"stop\":[");
        json_write_str(out, config->prompt->stop, 0);
        buf_char(out, ']');
    }
    buf_str(out, config->extra);
    buf_char(out, '}');
}

/* The blanks that separate an answer from what it follows are none of it. */
static const char *decode(const struct chat_config *config, const struct json *json,
                          struct arena *arena, struct model_reply *out)
{
    const struct json *choices = json_get(json, "choices"), *choice = json_at(choices, 0);
    const struct json *text = json_get(choice, "text");
    struct model_reply reply = {.kind = MODEL_TEXT};
    (void)config;
    if (!json_is(choices, JSON_ARRAY))
        return "the reply has no list of choices";
    if (!json_count(choices))
        return "the reply's choices are empty";
    if (!json_is(text, JSON_STRING))
        return "the first of the reply's choices has no text";
    reply.text = wire_keep(arena, str_trim(json_str(text)));
    reply.finish_reason = wire_keep(arena, json_str(json_get(choice, "finish_reason")));
    if (str_is(reply.finish_reason, "content_filter"))
        reply.kind = MODEL_REFUSED;
    chat_read_usage(json_get(json, "usage"), &reply.usage);
    *out = reply;
    return NULL;
}

static int read_text(const struct json *config, const char *key, struct chat_config *out,
                     struct str *text, struct err *err)
{
    const struct json *value = json_get(json_get(config, "prompt"), key);
    if (json_is(value, JSON_NULL))
        return 0;
    if (!json_is(value, JSON_STRING) || json_str(value).len > PATTERN_MAX)
        return chat_config_fault(config, "prompt", err, "has no text of at most 64 KiB in %s", key);
    *text = wire_keep(&out->arena, json_str(value));
    return 0;
}

static int read_pattern(const struct json *config, const char *key, struct chat_config *out,
                        struct pattern *pattern, struct err *err)
{
    struct str text = {0}, after;
    size_t at;
    int code = read_text(config, key, out, &text, err);
    if (code || !text.ptr)
        return code;
    if (!str_find(text, STR(CONTENT), &at))
        return chat_config_fault(config, "prompt", err, "has no " CONTENT " in %s", key);
    after = (struct str){text.ptr + at + strlen(CONTENT), text.len - at - strlen(CONTENT)};
    if (str_find(after, STR(CONTENT), NULL))
        return chat_config_fault(config, "prompt", err, "has " CONTENT " twice in %s", key);
    *pattern = (struct pattern){{text.ptr, at}, after};
    return 0;
}

static int check_keys(const struct json *config, struct err *err)
{
    static const char *const keys[] = {"start", "system", "user", "agent", "end"};
    const struct json *prompt = json_get(config, "prompt");
    if (!json_is(prompt, JSON_NULL) && !json_is(prompt, JSON_OBJECT))
        return chat_config_fault(config, "prompt", err,
                                 "must be a mapping of start, system, user, agent and end");
    for (struct json_iter it = json_members(prompt); json_next(&it);) {
        size_t i = 0;
        while (i < sizeof(keys) / sizeof(*keys) && !str_is(it.key, keys[i]))
            i++;
        if (i == sizeof(keys) / sizeof(*keys))
            return chat_config_fault(config, "prompt", err,
                                     "has the unknown key '%.*s'; there are start, system, user, "
                                     "agent and end",
                                     (int)it.key.len, it.key.ptr);
    }
    return 0;
}

/* A model that has given its answer would write the user's next turn too. */
static struct str stop_of(struct arena *arena, const struct pattern *user)
{
    struct str word = str_trim(user->before);
    if (!word.len)
        return (struct str){0};
    return str_of(arena_printf(arena, "\n%.*s", (int)word.len, word.ptr));
}

static int read_style(const struct json *config, struct chat_config *out, struct err *err)
{
    struct prompt_style style = plain_style;
    int code = check_keys(config, err);
    if (!code)
        code = read_text(config, "start", out, &style.start, err);
    if (!code)
        code = read_pattern(config, "system", out, &style.system, err);
    if (!code)
        code = read_pattern(config, "user", out, &style.user, err);
    if (!code)
        code = read_pattern(config, "agent", out, &style.agent, err);
    if (!code)
        code = read_text(config, "end", out, &style.end, err);
    if (code)
        return code;
    style.stop = stop_of(&out->arena, &style.user);
    struct prompt_style *kept = arena_alloc(&out->arena, sizeof(*kept));
    *kept = style;
    out->prompt = kept;
    return 0;
}

static int configure(const struct json *config, struct chat_config *out, struct err *err)
{
    int code = read_style(config, out, err);
    if (!code && str_is(json_str(json_get(config, "tools")), "native"))
        code = chat_config_fault(config, "tools", err,
                                 "can only be text: plain text has no tools of its own");
    out->text_tools = true;
    return code ? code
                : chat_config_url(config, "/completions", NULL, "http://127.0.0.1:8000/v1", out,
                                  err);
}

const struct wire wire_completions = {
    .name = "completions",
    .answer = "choices",
    .configure = configure,
    .encode = encode,
    .decode = decode,
};
