/* SPDX-License-Identifier: MIT */
/*
 * The Responses API of OpenAI and Azure (platform.openai.com/docs/api-reference/responses):
 * POST {base_url}/responses. The conversation is a list of items. Where the model reasons, it is
 * asked for its reasoning in encrypted form, which goes back with the turn that it belongs to, so
 * that nothing has to be stored at the service.
 */
#include <math.h>
#include <stdio.h>

#include "model/slice.h"
#include "model/tool_calls.h"
#include "model/wire.h"

static void begin_item(struct buf *out, size_t *count, const char *text)
{
    if ((*count)++)
        buf_char(out, ',');
    buf_text(out, text);
}

static void write_text_item(struct buf *out, size_t *count, const char *role, struct str text)
{
    begin_item(out, count, "{\"role\":");
    json_write_str(out, str_of(role), 0);
    buf_text(out, ",\"content\":");
    json_write_str(out, text, 0);
    buf_char(out, '}');
}

static void write_calls(struct buf *out, size_t *count, struct str calls)
{
    struct str inside;
    struct tool_call call;
    if (!tool_calls_enter(calls, &inside))
        return;
    while (tool_calls_next(&inside, &call)) {
        begin_item(out, count, "{\"type\":\"function_call\",\"call_id\":");
        buf_str(out, call.id);
        buf_text(out, ",\"name\":");
        buf_str(out, call.name);
        buf_text(out, ",\"arguments\":");
        tool_call_write_text(out, call.arguments);
        buf_char(out, '}');
    }
}

static void write_agent(struct buf *out, size_t *count, const struct message *message)
{
    struct str inside;
    if (message->carry.len && slice_enter(message->carry, '[', &inside)) {
        begin_item(out, count, "");
        buf_str(out, inside);
        return;
    }
    if (message->content.len || !message->tool_calls.len)
        write_text_item(out, count, "assistant", message->content);
    write_calls(out, count, message->tool_calls);
}

static void write_result(struct buf *out, size_t *count, const struct message *message)
{
    begin_item(out, count, "{\"type\":\"function_call_output\",\"call_id\":");
    json_write_str(out, message->tool_call_id, 0);
    buf_text(out, ",\"output\":");
    json_write_str(out, message->content, 0);
    buf_char(out, '}');
}

static void write_input(struct buf *out, const struct chat_config *config,
                        const struct model_request *request)
{
    size_t count = 0;
    buf_text(out, ",\"input\":[");
    for (size_t i = 0; i < request->count; i++) {
        const struct message *message = &request->messages[i];
        if (!message_is_sent(message))
            continue;
        if (wire_is_agent(message->role))
            write_agent(out, &count, message);
        else if (str_is(message->role, "tool"))
            write_result(out, &count, message);
        else if (str_is(message->role, "system"))
            write_text_item(out, &count, config->system_role, message->content);
        else
            write_text_item(out, &count, "user", message->content);
    }
    buf_char(out, ']');
}

static void write_decoding(struct buf *out, const struct chat_config *config,
                           const struct model_request *request)
{
    double temperature = wire_temperature(config, request);
    int64_t max_tokens = wire_max_tokens(config, request);
    if (!isnan(temperature)) {
        buf_text(out, ",\"temperature\":");
        json_write_double(out, temperature);
    }
    if (max_tokens > 0) {
        buf_text(out, ",\"max_output_tokens\":");
        wire_write_int(out, max_tokens);
    }
    if (*config->reasoning_effort) {
        buf_text(out, ",\"reasoning\":{\"effort\":");
        json_write_str(out, str_of(config->reasoning_effort), 0);
        buf_text(out, ",\"summary\":\"auto\"}");
    }
    if (config->carry_reasoning)
        buf_text(out, ",\"include\":[\"reasoning.encrypted_content\"],\"store\":false");
}

/* How much text, and in which form. */
static void write_form(struct buf *out, const struct chat_config *config, struct str schema)
{
    bool verbosity = *config->text_verbosity != '\0';
    schema = str_trim(schema);
    bool format = schema.len && config->structured_output;
    if (config->extra_format || (!verbosity && !format))
        return;
    buf_text(out, ",\"text\":{");
    if (verbosity) {
        buf_text(out, "\"verbosity\":");
        json_write_str(out, str_of(config->text_verbosity), 0);
    }
    if (format) {
        buf_text(out, verbosity ? "," : "");
        buf_text(out, "\"format\":{\"type\":\"json_schema\",\"name\":\"answer\",\"schema\":");
        buf_str(out, schema);
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

static void write_tool_choice(struct buf *out, struct str choice)
{
    bool word = str_is(choice, "auto") || str_is(choice, "none") || str_is(choice, "required");
    if (!choice.len)
        return;
    buf_text(out, word ? ",\"tool_choice\":" : ",\"tool_choice\":{\"type\":\"function\",\"name\":");
    json_write_str(out, choice, 0);
    if (!word)
        buf_char(out, '}');
}

/* A tool of the SDK is an object with name, description and parameters, as here; strict would
 * demand more of its schema than tasks promise. */
static void write_tools(struct buf *out, const struct chat_config *config,
                        const struct model_request *request)
{
    struct str inside, tool, members;
    size_t count = 0;
    if (config->extra_tools) {
        buf_str(out, config->tool_extra);
        return;
    }
    if (!request->tools.len || !slice_enter(request->tools, '[', &inside))
        return;
    while (slice_element(&inside, &tool)) {
        if (!slice_enter(tool, '{', &members))
            continue;
        buf_text(out, count++ ? "," : ",\"tools\":[");
        buf_text(out, "{\"type\":\"function\",\"strict\":false,");
        buf_str(out, members);
        buf_char(out, '}');
    }
    if (!count)
        return;
    buf_char(out, ']');
    if (!config->extra_choice)
        write_tool_choice(out, request->tool_choice);
    buf_str(out, config->tool_extra);
}

static void encode(const struct chat_config *config, const struct model_request *request,
                   struct buf *out)
{
    wire_make_room(out, request);
    buf_text(out, "{\"model\":");
    json_write_str(out, str_of(config->model), 0);
    write_input(out, config, request);
    write_decoding(out, config, request);
    write_form(out, config, request->schema);
    write_tools(out, config, request);
    buf_str(out, config->extra);
    buf_char(out, '}');
}

struct output {
    struct buf text, refusal, calls;
    size_t call_count;
    bool reasoned;
};

static void read_message(struct output *out, const struct json *item)
{
    const struct json *content = json_get(item, "content");
    for (size_t i = 0; i < json_count(content); i++) {
        const struct json *part = json_at(content, i);
        struct str type = json_str(json_get(part, "type"));
        if (str_is(type, "output_text"))
            buf_str(&out->text, json_str(json_get(part, "text")));
        else if (str_is(type, "refusal"))
            buf_str(&out->refusal, json_str(json_get(part, "refusal")));
    }
}

static const char *read_item(struct output *out, const struct json *item)
{
    struct str type = json_str(json_get(item, "type"));
    char made[32];
    if (str_is(type, "message")) {
        read_message(out, item);
    } else if (str_is(type, "function_call")) {
        if (out->call_count == TOOL_CALLS_MAX)
            return "the reply has more than 128 tool calls";
        snprintf(made, sizeof(made), "call_%zu", out->call_count++);
        if (!out->calls.len)
            buf_char(&out->calls, '[');
        tool_calls_add(&out->calls, json_str(json_get(item, "call_id")), made,
                       json_str(json_get(item, "name")), json_get(item, "arguments"));
    } else if (str_is(type, "reasoning")) {
        out->reasoned = true;
    }
    return NULL;
}

static struct str finish_of(const struct json *json, const struct output *output)
{
    struct str reason = json_str(json_path(json, "incomplete_details.reason"));
    if (str_is(json_str(json_get(json, "status")), "incomplete"))
        return str_is(reason, "max_output_tokens") ? STR("length") : reason;
    return output->call_count ? STR("tool_calls") : STR("stop");
}

/* What goes back as it came: the service takes reasoning only with what it led to. Its `status` is
 * the service's own. */
static void write_carry(const struct json *items, struct buf *out)
{
    CLEANUP_JSON struct json *kept = json_new_array();
    for (size_t i = 0; i < json_count(items); i++) {
        struct json *item = json_copy(json_at(items, i));
        json_remove(item, "status");
        json_push(kept, item);
    }
    json_write(out, kept, JSON_COMPACT);
}

static void read_usage(const struct json *usage, struct model_usage *out)
{
    out->prompt_tokens = wire_count(usage, "input_tokens");
    out->completion_tokens = wire_count(usage, "output_tokens");
    out->cached_tokens = wire_count(json_get(usage, "input_tokens_details"), "cached_tokens");
    out->reasoning_tokens =
        wire_count(json_get(usage, "output_tokens_details"), "reasoning_tokens");
}

static void fill(const struct chat_config *config, const struct json *json, struct output *output,
                 struct arena *arena, struct model_reply *out)
{
    struct model_reply reply = {.kind = MODEL_TEXT};
    CLEANUP_BUF struct buf carry = {0};
    bool refused = output->refusal.len > 0;
    reply.text = wire_keep(arena, buf_view(output->text.len ? &output->text : &output->refusal));
    reply.finish_reason = wire_keep(arena, finish_of(json, output));
    if (refused || str_is(reply.finish_reason, "content_filter"))
        reply.kind = MODEL_REFUSED;
    if (output->call_count) {
        buf_char(&output->calls, ']');
        reply.tool_calls = wire_keep(arena, buf_view(&output->calls));
    }
    if (output->reasoned && config->carry_reasoning) {
        write_carry(json_get(json, "output"), &carry);
        reply.carry = wire_keep(arena, buf_view(&carry));
    }
    read_usage(json_get(json, "usage"), &reply.usage);
    *out = reply;
}

static const char *decode(const struct chat_config *config, const struct json *json,
                          struct arena *arena, struct model_reply *out)
{
    const struct json *items = json_get(json, "output");
    struct str status = json_str(json_get(json, "status"));
    struct output output = {0};
    const char *wrong = NULL;
    if (!json_is(items, JSON_ARRAY))
        return "the reply has no list of output items";
    if (str_is(status, "failed") || str_is(status, "cancelled") || str_is(status, "queued") ||
        str_is(status, "in_progress"))
        return "the response was not completed";
    for (size_t i = 0; !wrong && i < json_count(items); i++)
        wrong = read_item(&output, json_at(items, i));
    if (!wrong)
        fill(config, json, &output, arena, out);
    buf_free(&output.text);
    buf_free(&output.refusal);
    buf_free(&output.calls);
    return wrong;
}

/* Models that reason take no temperature (platform.openai.com/docs/guides/latest-model). */
static int configure(const struct json *config, struct chat_config *out, struct err *err)
{
    bool reasons = *out->reasoning_effort && !str_is(str_of(out->reasoning_effort), "none");
    if (!json_get(config, "carry_reasoning"))
        out->carry_reasoning = reasons;
    if (!json_get(config, "send_temperature"))
        out->no_temperature = reasons;
    if (!json_get(config, "system_role"))
        out->system_role = "developer";
    out->send_seed = false;
    return chat_config_url(config, "/responses", NULL,
                           "https://RESOURCE.openai.azure.com/openai/v1", out, err);
}

const struct wire wire_responses = {
    .name = "responses",
    .answer = "output",
    .configure = configure,
    .encode = encode,
    .decode = decode,
};
