/* SPDX-License-Identifier: MIT */
/*
 * generateContent, on Vertex AI
 * (cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference):
 *   POST {base_url}/v1/projects/{project}/locations/{location}/publishers/google/models/{model}
 *        :generateContent, with an OAuth token (auth.h)
 * and, without a project, of the Gemini API (ai.google.dev/api/generate-content):
 *   POST {base_url}/v1beta/models/{model}:generateContent, with x-goog-api-key.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/slice.h"
#include "model/tool_calls.h"
#include "model/wire.h"

#define VERTEX "https://aiplatform.googleapis.com"
#define GEMINI "https://generativelanguage.googleapis.com"

static void write_text_part(struct buf *out, struct str text)
{
    buf_text(out, "{\"text\":");
    json_write_str(out, text, 0);
    buf_char(out, '}');
}

static void write_call_parts(struct buf *out, struct str calls, bool any)
{
    struct str inside;
    struct tool_call call;
    if (!tool_calls_enter(calls, &inside))
        return;
    while (tool_calls_next(&inside, &call)) {
        buf_text(out, any ? ",{\"functionCall\":{\"name\":" : "{\"functionCall\":{\"name\":");
        buf_str(out, call.name);
        buf_text(out, ",\"args\":");
        buf_str(out, tool_call_object(call.arguments));
        buf_text(out, "}}");
        any = true;
    }
}

static void write_agent_parts(struct buf *out, const struct message *message)
{
    struct str inside;
    if (message->carry.len && slice_enter(message->carry, '[', &inside)) {
        buf_str(out, inside);
        return;
    }
    bool text = message->content.len || !message->tool_calls.len;
    if (text)
        write_text_part(out, message->content);
    write_call_parts(out, message->tool_calls, text);
}

/* The result is an object; a text becomes the member that the service reads as one. */
static void write_result_part(struct buf *out, const struct model_request *request, size_t index)
{
    struct str content = str_trim(request->messages[index].content), inside;
    buf_text(out, "{\"functionResponse\":{\"name\":");
    buf_str(out, tool_call_name_of(request, index));
    buf_text(out, ",\"response\":");
    if (slice_enter(content, '{', &inside) && json_check(content, NULL, NULL)) {
        buf_str(out, content);
    } else {
        buf_text(out, "{\"output\":");
        json_write_str(out, content, 0);
        buf_char(out, '}');
    }
    buf_text(out, "}}");
}

static bool is_system(const struct message *message)
{
    return str_is(message->role, "system");
}

/* Results that follow each other are parts of one turn: there must be as many as there were calls.
 */
static void write_contents(struct buf *out, const struct model_request *request)
{
    bool any = false, in_results = false;
    buf_text(out, "\"contents\":[");
    for (size_t i = 0; i < request->count; i++) {
        const struct message *message = &request->messages[i];
        bool agent = wire_is_agent(message->role), result = str_is(message->role, "tool");
        if (!message_is_sent(message) || is_system(message))
            continue;
        if (result && in_results) {
            buf_char(out, ',');
        } else {
            buf_text(out, in_results ? "]}" : "");
            buf_text(out, any ? "," : "");
            buf_text(out,
                     agent ? "{\"role\":\"model\",\"parts\":[" : "{\"role\":\"user\",\"parts\":[");
        }
        any = true;
        in_results = result;
        if (result)
            write_result_part(out, request, i);
        else if (agent)
            write_agent_parts(out, message);
        else
            write_text_part(out, message->content);
        buf_text(out, result ? "" : "]}");
    }
    buf_text(out, in_results ? "]}]" : "]");
}

static void write_system(struct buf *out, const struct model_request *request)
{
    size_t count = 0;
    for (size_t i = 0; i < request->count; i++) {
        if (!message_is_sent(&request->messages[i]) || !is_system(&request->messages[i]))
            continue;
        buf_text(out, count++ ? "," : ",\"systemInstruction\":{\"parts\":[");
        write_text_part(out, request->messages[i].content);
    }
    if (count)
        buf_text(out, "]}");
}

static void write_member(struct buf *out, size_t *count, const char *name)
{
    buf_printf(out, "%s\"%s\":", (*count)++ ? "," : "", name);
}

static void write_generation(struct buf *out, const struct chat_config *config,
                             const struct model_request *request)
{
    double temperature = wire_temperature(config, request);
    int64_t max_tokens = wire_max_tokens(config, request), seed = wire_seed(config, request);
    struct str schema = str_trim(request->schema);
    size_t count = 0;
    buf_text(out, ",\"generationConfig\":{");
    if (!isnan(temperature)) {
        write_member(out, &count, "temperature");
        json_write_double(out, temperature);
    }
    if (max_tokens > 0) {
        write_member(out, &count, "maxOutputTokens");
        wire_write_int(out, max_tokens);
    }
    if (seed >= 0) {
        write_member(out, &count, "seed");
        wire_write_int(out, seed);
    }
    if (!isnan(config->thinking_budget)) {
        write_member(out, &count, "thinkingConfig");
        buf_text(out, "{\"thinkingBudget\":");
        wire_write_int(out, (int64_t)config->thinking_budget);
        buf_char(out, '}');
    }
    if (schema.len && config->structured_output) {
        write_member(out, &count, "responseMimeType");
        buf_text(out, "\"application/json\",\"responseJsonSchema\":");
        buf_str(out, schema);
    }
    if (config->generation.len)
        buf_str(out,
                (struct str){config->generation.ptr + !count, config->generation.len - !count});
    buf_char(out, '}');
}

static void write_tool_choice(struct buf *out, struct str choice)
{
    if (!choice.len)
        return;
    buf_text(out, ",\"toolConfig\":{\"functionCallingConfig\":{\"mode\":");
    if (str_is(choice, "auto") || str_is(choice, "none")) {
        buf_text(out, str_is(choice, "auto") ? "\"AUTO\"" : "\"NONE\"");
    } else {
        buf_text(out, "\"ANY\"");
        if (!str_is(choice, "required")) {
            buf_text(out, ",\"allowedFunctionNames\":[");
            json_write_str(out, choice, 0);
            buf_char(out, ']');
        }
    }
    buf_text(out, "}}");
}

static void write_tools(struct buf *out, const struct chat_config *config,
                        const struct model_request *request)
{
    struct str inside;
    if (config->extra_tools || !request->tools.len || !slice_enter(request->tools, '[', &inside) ||
        !str_trim(inside).len)
        return;
    buf_text(out, ",\"tools\":[{\"functionDeclarations\":");
    buf_str(out, request->tools);
    buf_text(out, "}]");
    if (!config->extra_choice)
        write_tool_choice(out, request->tool_choice);
}

static void encode(const struct chat_config *config, const struct model_request *request,
                   struct buf *out)
{
    wire_make_room(out, request);
    buf_char(out, '{');
    write_contents(out, request);
    write_generation(out, config, request);
    write_system(out, request);
    write_tools(out, config, request);
    buf_str(out, config->extra);
    buf_str(out, config->tool_extra);
    buf_char(out, '}');
}

struct parts {
    struct buf text, calls;
    size_t call_count, text_count;
    bool signed_; /* with thoughts that want to go back */
};

static const char *read_part(struct parts *out, const struct json *part, size_t index)
{
    const struct json *call = json_get(part, "functionCall");
    out->signed_ |= json_str(json_get(part, "thoughtSignature")).len > 0;
    if (json_is(call, JSON_OBJECT)) {
        char made[40];
        if (out->call_count++ == TOOL_CALLS_MAX)
            return "the reply has more than 128 tool calls";
        if (!out->calls.len)
            buf_char(&out->calls, '[');
        snprintf(made, sizeof(made), "call_vertex_%zu", index);
        tool_calls_add(&out->calls, json_str(json_get(call, "id")), made,
                       json_str(json_get(call, "name")), json_get(call, "args"));
    } else if (json_is(json_get(part, "text"), JSON_STRING) &&
               !json_bool(json_get(part, "thought"), false)) {
        if (out->text_count++)
            buf_char(&out->text, '\n');
        buf_str(&out->text, json_str(json_get(part, "text")));
    }
    return NULL;
}

/* The reasons that the service's filters give. */
static bool is_block(struct str reason)
{
    static const char *const reasons[] = {
        "SAFETY",      "RECITATION", "BLOCKLIST",    "PROHIBITED_CONTENT", "SPII",
        "MODEL_ARMOR", "LANGUAGE",   "IMAGE_SAFETY", "JAILBREAK"};
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
        if (str_is(reason, reasons[i]))
            return true;
    }
    return false;
}

static struct str finish_of(struct str reason, bool calls, struct arena *arena)
{
    if (is_block(reason))
        return STR("content_filter");
    if (str_is(reason, "MAX_TOKENS"))
        return STR("length");
    if (str_is(reason, "STOP"))
        return calls ? STR("tool_calls") : STR("stop");
    char *lower = arena_dup(arena, reason.ptr, reason.len);
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return (struct str){lower, reason.len};
}

/* Thoughts are counted beside the answer; here they are part of it, as with the other clients. */
static void read_usage(const struct json *usage, struct model_usage *out)
{
    out->prompt_tokens = wire_count(usage, "promptTokenCount");
    out->cached_tokens = wire_count(usage, "cachedContentTokenCount");
    out->reasoning_tokens = wire_count(usage, "thoughtsTokenCount");
    out->completion_tokens = wire_count(usage, "candidatesTokenCount") + out->reasoning_tokens;
}

static void fill(const struct json *candidate, struct parts *parts, struct arena *arena,
                 struct model_reply *out)
{
    struct str reason = json_str(json_get(candidate, "finishReason"));
    out->kind = is_block(reason) ? MODEL_REFUSED : MODEL_TEXT;
    out->text = wire_keep(arena, buf_view(&parts->text));
    out->finish_reason = finish_of(reason, parts->call_count > 0, arena);
    if (parts->call_count) {
        buf_char(&parts->calls, ']');
        out->tool_calls = wire_keep(arena, buf_view(&parts->calls));
    }
    if (parts->signed_) {
        CLEANUP_BUF struct buf carry = {0};
        json_write(&carry, json_path(candidate, "content.parts"), JSON_COMPACT);
        out->carry = wire_keep(arena, buf_view(&carry));
    }
}

static const char *decode(const struct chat_config *config, const struct json *json,
                          struct arena *arena, struct model_reply *out)
{
    const struct json *candidates = json_get(json, "candidates");
    const struct json *candidate = json_at(candidates, 0);
    const struct json *content = json_path(candidate, "content.parts");
    struct str blocked = json_str(json_path(json, "promptFeedback.blockReason"));
    struct model_reply reply = {.kind = MODEL_TEXT};
    struct parts parts = {0};
    const char *wrong = NULL;
    read_usage(json_get(json, "usageMetadata"), &reply.usage);
    if (!json_count(candidates) && blocked.len) {
        reply.kind = MODEL_REFUSED;
        reply.finish_reason = STR("content_filter");
        *out = reply;
        return NULL;
    }
    if (!json_is(candidates, JSON_ARRAY) || !json_is(candidate, JSON_OBJECT))
        return "the reply has no candidates";
    for (size_t i = 0; !wrong && i < json_count(content); i++)
        wrong = read_part(&parts, json_at(content, i), i);
    if (!wrong) {
        fill(candidate, &parts, arena, &reply);
        *out = reply;
    }
    buf_free(&parts.text);
    buf_free(&parts.calls);
    return wrong;
}

/* What becomes part of the path. */
static int read_name(const struct json *config, const char *key, struct chat_config *out,
                     const char **text, struct err *err)
{
    int code = chat_config_text(config, key, out, text, err);
    for (const char *c = *text; !code && *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("-_.:@", *c))
            code = chat_config_fault(config, key, err, "must be a name: letters, digits, - _ . :");
    }
    return code;
}

static int configure(const struct json *config, struct chat_config *out, struct err *err)
{
    const char *project = "", *location = "", *model = out->model;
    int code = read_name(config, "project", out, &project, err);
    if (!code)
        code = read_name(config, "location", out, &location, err);
    if (!code)
        code = read_name(config, "model", out, &model, err);
    if (!code)
        code = chat_config_text(config, "credentials", out, &out->credentials, err);
    if (code)
        return code;
    if (*project && !*location)
        return chat_config_fault(config, "location", err,
                                 "is missing, as in us-central1 or global");
    out->vertex = *project;
    out->key_header = out->vertex ? "Authorization: Bearer " : "x-goog-api-key: ";
    const char *path = out->vertex
                           ? arena_printf(&out->arena,
                                          "/v1/projects/%s/locations/%s/publishers/google/models/%s"
                                          ":generateContent",
                                          project, location, model)
                           : arena_printf(&out->arena, "/v1beta/models/%s:generateContent", model);
    return chat_config_url(config, path, out->vertex ? VERTEX : GEMINI, NULL, out, err);
}

const struct wire wire_gemini = {
    .name = "gemini",
    .answer = "candidates",
    .configure = configure,
    .encode = encode,
    .decode = decode,
};
