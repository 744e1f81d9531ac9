/* SPDX-License-Identifier: MIT */
#include "model/chat.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/slice.h"

#define TOOL_CALLS_MAX 128
#define PER_REQUEST 512 /* bytes of a request beside the conversation, roughly */
#define PER_MESSAGE 64

double chat_temperature(const struct chat_config *config, const struct model_request *request)
{
    return isnan(request->temperature) ? config->temperature : request->temperature;
}

int64_t chat_max_tokens(const struct chat_config *config, const struct model_request *request)
{
    return request->max_tokens > 0 ? request->max_tokens : (int64_t)config->max_tokens;
}

int64_t chat_seed(const struct chat_config *config, const struct model_request *request)
{
    uint64_t seed = request->seed;
    if (!config->send_seed || config->extra_seed || !(chat_temperature(config, request) > 0))
        return -1;
    return (int64_t)((seed ^ seed >> 31 ^ seed >> 62) & 0x7fffffff);
}

static void write_int(struct buf *out, int64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        buf_char(out, '-');
    buf_add(out, digits + at, sizeof(digits) - at);
}

/* Arguments travel as the text of a JSON object. What could not be read as one was kept under
 * "_raw" and goes back as it came. */
static void write_arguments(struct buf *out, struct str arguments)
{
    struct str inside, key, value, second;
    if (!arguments.len) {
        buf_text(out, "\"{}\"");
        return;
    }
    if (slice_enter(arguments, '{', &inside) && slice_member(&inside, &key, &value) &&
        str_is(key, "_raw") && str_starts(value, "\"") && !slice_element(&inside, &second))
        buf_str(out, value);
    else
        json_write_str(out, arguments, 0);
}

static void write_tool_call(struct buf *out, struct str inside)
{
    struct str key, value, id = {0}, name = {0}, arguments = {0};
    while (slice_member(&inside, &key, &value)) {
        if (str_is(key, "id"))
            id = value;
        else if (str_is(key, "name"))
            name = value;
        else if (str_is(key, "arguments"))
            arguments = value;
    }
    buf_text(out, "{\"id\":");
    buf_str(out, id.len ? id : STR("\"\""));
    buf_text(out, ",\"type\":\"function\",\"function\":{\"name\":");
    buf_str(out, name.len ? name : STR("\"\""));
    buf_text(out, ",\"arguments\":");
    write_arguments(out, arguments);
    buf_text(out, "}}");
}

/* False if there are none. */
static bool write_tool_calls(struct buf *out, struct str calls)
{
    struct str inside, call, members;
    size_t count = 0;
    if (!calls.len || !slice_enter(calls, '[', &inside))
        return false;
    while (slice_element(&inside, &call)) {
        if (!slice_enter(call, '{', &members))
            continue;
        buf_text(out, count++ ? "," : ",\"tool_calls\":[");
        write_tool_call(out, members);
    }
    if (count)
        buf_char(out, ']');
    return count > 0;
}

static bool is_agent(struct str role)
{
    return str_is(role, "agent") || str_is(role, "assistant");
}

static void write_message(struct buf *out, const struct chat_config *config,
                          const struct message *message)
{
    bool agent = is_agent(message->role), calls = false;
    buf_text(out, "{\"role\":");
    json_write_str(out, agent ? str_of(config->agent_role) : message->role, 0);
    if (agent)
        calls = write_tool_calls(out, message->tool_calls);
    if (message->tool_call_id.len) {
        buf_text(out, ",\"tool_call_id\":");
        json_write_str(out, message->tool_call_id, 0);
    }
    if (message->name.len) {
        buf_text(out, ",\"name\":");
        json_write_str(out, message->name, 0);
    }
    buf_text(out, ",\"content\":");
    if (calls && !message->content.len)
        buf_text(out, "null");
    else
        json_write_str(out, message->content, 0);
    buf_char(out, '}');
}

static void write_messages(struct buf *out, const struct chat_config *config,
                           const struct model_request *request)
{
    bool any = false;
    buf_text(out, ",\"messages\":[");
    for (size_t i = 0; i < request->count; i++) {
        if (!message_is_sent(&request->messages[i]))
            continue;
        if (any)
            buf_char(out, ',');
        any = true;
        write_message(out, config, &request->messages[i]);
    }
    buf_char(out, ']');
}

static void write_decoding(struct buf *out, const struct chat_config *config,
                           const struct model_request *request)
{
    double temperature = chat_temperature(config, request);
    int64_t max_tokens = chat_max_tokens(config, request), seed = chat_seed(config, request);
    if (!isnan(temperature)) {
        buf_text(out, ",\"temperature\":");
        json_write_double(out, temperature);
    }
    if (max_tokens > 0) {
        buf_text(out, ",\"");
        buf_text(out, config->max_tokens_name);
        buf_text(out, "\":");
        write_int(out, max_tokens);
    }
    if (seed >= 0) {
        buf_text(out, ",\"seed\":");
        write_int(out, seed);
    }
}

static void write_tools(struct buf *out, const struct chat_config *config, struct str tools)
{
    struct str inside, tool;
    if (config->extra_tools) {
        buf_str(out, config->tool_extra);
        return;
    }
    if (!tools.len || !slice_enter(tools, '[', &inside) || !slice_element(&inside, &tool))
        return;
    buf_text(out, ",\"tools\":[");
    do {
        buf_text(out, "{\"type\":\"function\",\"function\":");
        buf_str(out, tool);
        buf_text(out, "},");
    } while (slice_element(&inside, &tool));
    out->ptr[out->len - 1] = ']';
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

/* One allocation for most requests. */
static void make_room(struct buf *out, const struct model_request *request)
{
    size_t size = PER_REQUEST + request->tools.len + request->schema.len;
    for (size_t i = 0; i < request->count; i++)
        size += PER_MESSAGE + request->messages[i].content.len;
    size += size / 16;
    if (out->ptr || size > ((size_t)1 << 20))
        return;
    out->ptr = mem_grow(NULL, size);
    out->ptr[0] = '\0';
    out->capacity = size;
}

void chat_encode(const struct chat_config *config, const struct model_request *request,
                 struct buf *out)
{
    make_room(out, request);
    buf_text(out, "{\"model\":");
    json_write_str(out, str_of(config->model), 0);
    write_messages(out, config, request);
    write_decoding(out, config, request);
    write_tools(out, config, request->tools);
    write_format(out, config, request->schema);
    buf_str(out, config->extra);
    buf_char(out, '}');
}

static struct str keep(struct arena *arena, struct str text)
{
    return (struct str){arena_dup(arena, text.ptr, text.len), text.len};
}

/* A text, null, or a list of parts of which those of type "text" count. */
static const char *read_content(const struct json *content, struct arena *arena, struct str *out)
{
    CLEANUP_BUF struct buf joined = {0};
    switch (json_kind(content)) {
    case JSON_NULL:
    case JSON_STRING:
        *out = keep(arena, json_str(content));
        return NULL;
    case JSON_ARRAY:
        for (size_t i = 0; i < json_count(content); i++) {
            const struct json *part = json_at(content, i);
            if (str_is(json_str(json_get(part, "type")), "text"))
                buf_str(&joined, json_str(json_get(part, "text")));
            else if (json_is(part, JSON_STRING))
                buf_str(&joined, json_str(part));
        }
        *out = keep(arena, buf_view(&joined));
        return NULL;
    case JSON_BOOL:
    case JSON_INT:
    case JSON_DOUBLE:
    case JSON_OBJECT:
        break;
    }
    return "the message's content is neither a text nor a list of parts";
}

static void write_read_arguments(struct buf *out, const struct json *arguments)
{
    struct str text = json_str(arguments);
    if (json_is(arguments, JSON_OBJECT)) {
        json_write(out, arguments, 0);
        return;
    }
    CLEANUP_JSON struct json *parsed = text.len ? json_parse(text, NULL) : NULL;
    if (json_is(parsed, JSON_OBJECT)) {
        json_write(out, parsed, 0);
    } else if (!str_trim(text).len) {
        buf_text(out, "{}");
    } else {
        buf_text(out, "{\"_raw\": ");
        json_write_str(out, text, 0);
        buf_char(out, '}');
    }
}

static void read_tool_call(struct buf *out, const struct json *call, size_t index)
{
    const struct json *function = json_get(call, "function");
    struct str id = json_str(json_get(call, "id"));
    char made[32];
    snprintf(made, sizeof(made), "call_%zu", index);
    buf_text(out, index ? ", {\"id\": " : "{\"id\": ");
    json_write_str(out, id.len ? id : str_of(made), 0);
    buf_text(out, ", \"name\": ");
    json_write_str(out, json_str(json_get(function, "name")), 0);
    buf_text(out, ", \"arguments\": ");
    write_read_arguments(out, json_get(function, "arguments"));
    buf_char(out, '}');
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
        if (!json_is(json_get(json_at(calls, i), "function"), JSON_OBJECT))
            return "a tool call of the message has no function";
        read_tool_call(&text, json_at(calls, i), i);
    }
    buf_char(&text, ']');
    *out = keep(arena, buf_view(&text));
    return NULL;
}

static int64_t read_count(const struct json *usage, const char *key)
{
    int64_t count = json_int(json_get(usage, key), 0);
    return count > 0 ? count : 0;
}

static void read_usage(const struct json *usage, struct model_usage *out)
{
    const struct json *prompt = json_get(usage, "prompt_tokens_details");
    const struct json *completion = json_get(usage, "completion_tokens_details");
    out->prompt_tokens = read_count(usage, "prompt_tokens");
    out->completion_tokens = read_count(usage, "completion_tokens");
    out->cached_tokens = read_count(prompt, "cached_tokens");
    out->reasoning_tokens = read_count(completion, "reasoning_tokens");
}

const char *chat_decode(const struct json *json, struct arena *arena, struct model_reply *out)
{
    const struct json *choices = json_get(json, "choices");
    const struct json *choice = json_at(choices, 0), *message = json_get(choice, "message");
    struct model_reply reply = {.kind = MODEL_TEXT};
    if (!json_is(json, JSON_OBJECT))
        return "the reply is not a JSON object";
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
    reply.finish_reason = keep(arena, json_str(json_get(choice, "finish_reason")));
    if (refusal.len && !reply.text.len)
        reply.text = keep(arena, refusal);
    if (refusal.len || str_is(reply.finish_reason, "content_filter"))
        reply.kind = MODEL_REFUSED;
    read_usage(json_get(json, "usage"), &reply.usage);
    *out = reply;
    return NULL;
}
