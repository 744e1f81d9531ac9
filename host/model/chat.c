/* SPDX-License-Identifier: MIT */
#include "model/chat.h"

#include <math.h>
#include <stdio.h>

#include "model/slice.h"
#include "model/tool_calls.h"

/* Where servers put a model's reasoning: DeepSeek and SGLang, vLLM and OpenRouter, OpenRouter. */
static const char *const reasoning_keys[] = {"reasoning_content", "reasoning", "reasoning_details"};

static void write_tool_call(struct buf *out, const struct tool_call *call)
{
    buf_text(out, "{\"id\":");
    buf_str(out, call->id);
    buf_text(out, ",\"type\":\"function\",\"function\":{\"name\":");
    buf_str(out, call->name);
    buf_text(out, ",\"arguments\":");
    tool_call_write_text(out, call->arguments);
    buf_text(out, "}}");
}

/* False if there are none. */
static bool write_tool_calls(struct buf *out, struct str calls)
{
    struct str inside;
    struct tool_call call;
    size_t count = 0;
    if (!tool_calls_enter(calls, &inside))
        return false;
    while (tool_calls_next(&inside, &call)) {
        buf_text(out, count++ ? "," : ",\"tool_calls\":[");
        write_tool_call(out, &call);
    }
    if (count)
        buf_char(out, ']');
    return count > 0;
}

static void write_carry(struct buf *out, struct str carry)
{
    struct str inside;
    if (!carry.len || !slice_enter(carry, '{', &inside))
        return;
    buf_char(out, ',');
    buf_str(out, inside);
}

static const char *role_of(const struct chat_config *config, struct str role)
{
    if (wire_is_agent(role))
        return config->agent_role;
    return str_is(role, "system") ? config->system_role : NULL;
}

/* before: what goes in front of the content, or empty. */
static void write_message(struct buf *out, const struct chat_config *config,
                          const struct message *message, struct str before)
{
    bool agent = wire_is_agent(message->role), calls = false;
    const char *role = role_of(config, message->role);
    buf_text(out, "{\"role\":");
    json_write_str(out, role ? str_of(role) : message->role, 0);
    if (agent) {
        write_carry(out, message->carry);
        calls = write_tool_calls(out, message->tool_calls);
    }
    if (message->tool_call_id.len) {
        buf_text(out, ",\"tool_call_id\":");
        json_write_str(out, message->tool_call_id, 0);
    }
    if (message->name.len) {
        buf_text(out, ",\"name\":");
        json_write_str(out, message->name, 0);
    }
    buf_text(out, ",\"content\":");
    if (calls && !message->content.len) {
        buf_text(out, "null");
    } else if (before.len) {
        CLEANUP_BUF struct buf both = {0};
        buf_str(&both, before);
        buf_str(&both, message->content);
        json_write_str(out, buf_view(&both), 0);
    } else {
        json_write_str(out, message->content, 0);
    }
    buf_char(out, '}');
}

/* For models whose templates know no system role: what the system says begins the next message of
 * the user. */
static bool is_folded(const struct chat_config *config, const struct message *message)
{
    return str_is(message->role, "system") && str_is(str_of(config->system_role), "user");
}

static void write_messages(struct buf *out, const struct chat_config *config,
                           const struct model_request *request)
{
    CLEANUP_BUF struct buf system = {0};
    bool any = false;
    buf_text(out, ",\"messages\":[");
    for (size_t i = 0; i < request->count; i++) {
        const struct message *message = &request->messages[i];
        if (!message_is_sent(message))
            continue;
        if (is_folded(config, message)) {
            buf_str(&system, message->content);
            buf_text(&system, "\n\n");
            continue;
        }
        if (any)
            buf_char(out, ',');
        any = true;
        bool user = str_is(message->role, "user");
        write_message(out, config, message, user ? buf_view(&system) : STR(""));
        if (user)
            buf_reset(&system);
    }
    if (system.len) {
        struct message rest = {.role = STR("user"), .content = str_trim(buf_view(&system))};
        if (any)
            buf_char(out, ',');
        write_message(out, config, &rest, STR(""));
    }
    buf_char(out, ']');
}

void chat_write_decoding(struct buf *out, const struct chat_config *config,
                         const struct model_request *request)
{
    double temperature = wire_temperature(config, request);
    int64_t max_tokens = wire_max_tokens(config, request), seed = wire_seed(config, request);
    if (!isnan(temperature)) {
        buf_text(out, ",\"temperature\":");
        json_write_double(out, temperature);
    }
    if (max_tokens > 0) {
        buf_text(out, ",\"");
        buf_text(out, config->max_tokens_name);
        buf_text(out, "\":");
        wire_write_int(out, max_tokens);
    }
    if (seed >= 0) {
        buf_text(out, ",\"seed\":");
        wire_write_int(out, seed);
    }
    if (*config->reasoning_effort) {
        buf_text(out, ",\"reasoning_effort\":");
        json_write_str(out, str_of(config->reasoning_effort), 0);
    }
    if (*config->text_verbosity) {
        buf_text(out, ",\"verbosity\":");
        json_write_str(out, str_of(config->text_verbosity), 0);
    }
}

static void write_tool_choice(struct buf *out, struct str choice)
{
    static const char *const words[] = {"auto", "none", "required"};
    if (!choice.len)
        return;
    buf_text(out, ",\"tool_choice\":");
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (!str_is(choice, words[i]))
            continue;
        json_write_str(out, choice, 0);
        return;
    }
    buf_text(out, "{\"type\":\"function\",\"function\":{\"name\":");
    json_write_str(out, choice, 0);
    buf_text(out, "}}");
}

static void write_tools(struct buf *out, const struct chat_config *config,
                        const struct model_request *request)
{
    struct str inside, tool;
    if (config->extra_tools) {
        buf_str(out, config->tool_extra);
        return;
    }
    if (!request->tools.len || !slice_enter(request->tools, '[', &inside) ||
        !slice_element(&inside, &tool))
        return;
    buf_text(out, ",\"tools\":[");
    do {
        buf_text(out, "{\"type\":\"function\",\"function\":");
        buf_str(out, tool);
        buf_text(out, "},");
    } while (slice_element(&inside, &tool));
    out->ptr[out->len - 1] = ']';
    if (!config->extra_choice)
        write_tool_choice(out, request->tool_choice);
    buf_str(out, config->tool_extra);
}

static void write_format(struct buf *out, const struct chat_config *config, struct str schema)
{
    schema = str_trim(schema);
    if (!schema.len || !config->structured_output || config->extra_format)
        return;
    buf_text(out, ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
                  "{\"name\":\"answer\",\"schema\":");
    buf_str(out, schema);
    buf_text(out, "}}");
}

void chat_encode(const struct chat_config *config, const struct model_request *request,
                 struct buf *out)
{
    wire_make_room(out, request);
    buf_text(out, "{\"model\":");
    json_write_str(out, str_of(config->model), 0);
    write_messages(out, config, request);
    chat_write_decoding(out, config, request);
    write_tools(out, config, request);
    write_format(out, config, request->schema);
    buf_str(out, config->extra);
    buf_char(out, '}');
}

/* A text, null, or a list of parts of which those of type "text" count. */
static const char *read_content(const struct json *content, struct arena *arena, struct str *out)
{
    CLEANUP_BUF struct buf joined = {0};
    switch (json_kind(content)) {
    case JSON_NULL:
    case JSON_STRING:
        *out = wire_keep(arena, json_str(content));
        return NULL;
    case JSON_ARRAY:
        for (size_t i = 0; i < json_count(content); i++) {
            const struct json *part = json_at(content, i);
            if (str_is(json_str(json_get(part, "type")), "text"))
                buf_str(&joined, json_str(json_get(part, "text")));
            else if (json_is(part, JSON_STRING))
                buf_str(&joined, json_str(part));
        }
        *out = wire_keep(arena, buf_view(&joined));
        return NULL;
    case JSON_BOOL:
    case JSON_INT:
    case JSON_DOUBLE:
    case JSON_OBJECT:
        break;
    }
    return "the message's content is neither a text nor a list of parts";
}

static const char *read_tool_calls(const struct json *calls, struct arena *arena, struct str *out)
{
    CLEANUP_BUF struct buf text = {0};
    size_t count = json_count(calls);
    if (!json_is(calls, JSON_NULL) && !json_is(calls, JSON_ARRAY))
        return "the message's tool_calls are not a list";
    if (!json_is(calls, JSON_ARRAY) || !count)
        return NULL;
    if (count > TOOL_CALLS_MAX)
        return "the message has more than 128 tool calls";
    buf_char(&text, '[');
    for (size_t i = 0; i < count; i++) {
        const struct json *call = json_at(calls, i), *function = json_get(call, "function");
        char made[32];
        if (!json_is(function, JSON_OBJECT))
            return "a tool call of the message has no function";
        snprintf(made, sizeof(made), "call_%zu", i);
        tool_calls_add(&text, json_str(json_get(call, "id")), made,
                       json_str(json_get(function, "name")), json_get(function, "arguments"));
    }
    buf_char(&text, ']');
    *out = wire_keep(arena, buf_view(&text));
    return NULL;
}

static void read_carry(const struct json *message, struct arena *arena, struct str *out)
{
    CLEANUP_JSON struct json *members = json_new_object();
    CLEANUP_BUF struct buf text = {0};
    for (size_t i = 0; i < sizeof(reasoning_keys) / sizeof(*reasoning_keys); i++) {
        const struct json *value = json_get(message, reasoning_keys[i]);
        if (json_str(value).len || json_is(value, JSON_ARRAY))
            json_set(members, reasoning_keys[i], json_copy(value));
    }
    if (!json_count(members))
        return;
    json_write(&text, members, JSON_COMPACT);
    *out = wire_keep(arena, buf_view(&text));
}

void chat_read_usage(const struct json *usage, struct model_usage *out)
{
    const struct json *prompt = json_get(usage, "prompt_tokens_details");
    const struct json *completion = json_get(usage, "completion_tokens_details");
    out->prompt_tokens = wire_count(usage, "prompt_tokens");
    out->completion_tokens = wire_count(usage, "completion_tokens");
    out->cached_tokens = wire_count(prompt, "cached_tokens");
    out->reasoning_tokens = wire_count(completion, "reasoning_tokens");
}

const char *chat_decode(const struct chat_config *config, const struct json *json,
                        struct arena *arena, struct model_reply *out)
{
    const struct json *choices = json_get(json, "choices");
    const struct json *choice = json_at(choices, 0), *message = json_get(choice, "message");
    struct model_reply reply = {.kind = MODEL_TEXT};
    if (!json_is(choices, JSON_ARRAY))
        return "the reply has no list of choices";
    if (!json_count(choices))
        return "the reply's choices are empty";
    if (!json_is(message, JSON_OBJECT))
        return "the first of the reply's choices has no message";
    const char *wrong = read_content(json_get(message, "content"), arena, &reply.text);
    if (!wrong)
        wrong = read_tool_calls(json_get(message, "tool_calls"), arena, &reply.tool_calls);
    if (wrong)
        return wrong;
    struct str refusal = json_str(json_get(message, "refusal"));
    reply.finish_reason = wire_keep(arena, json_str(json_get(choice, "finish_reason")));
    if (refusal.len && !reply.text.len)
        reply.text = wire_keep(arena, refusal);
    if (refusal.len || str_is(reply.finish_reason, "content_filter"))
        reply.kind = MODEL_REFUSED;
    if (config->carry_reasoning)
        read_carry(message, arena, &reply.carry);
    chat_read_usage(json_get(json, "usage"), &reply.usage);
    *out = reply;
    return NULL;
}

static int configure(const struct json *config, struct chat_config *out, struct err *err)
{
    return chat_config_url(config, "/chat/completions", NULL, "http://127.0.0.1:8000/v1", out, err);
}

const struct wire wire_chat = {
    .name = "chat",
    .answer = "choices",
    .configure = configure,
    .encode = chat_encode,
    .decode = chat_decode,
};
