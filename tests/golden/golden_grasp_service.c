/* SPDX-License-Identifier: MIT */
/* The bodies that the clients of services write, and the answers that they read. */
#include "golden_grasp_model.h"

#include <math.h>

#include "model/preset.h"
#include "model/wire.h"

static struct str text_of(struct arena *arena, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, value, 0);
    return wire_keep(arena, buf_view(&text));
}

/* OpenAI's calls and tools, as the cases have them, in the form of the SDK. */
static struct json *plain_calls(const struct json *calls)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < json_count(calls); i++) {
        const struct json *call = json_at(calls, i), *function = json_get(call, "function");
        struct json *plain = json_new_object();
        json_set(plain, "id", json_copy(json_get(call, "id")));
        json_set(plain, "name", json_copy(json_get(function, "name")));
        json_set(plain, "arguments", json_parse(json_str(json_get(function, "arguments")), NULL));
        json_push(out, plain);
    }
    return out;
}

static struct str plain_tools(struct arena *arena, const struct json *tools)
{
    CLEANUP_JSON struct json *out = json_new_array();
    for (size_t i = 0; i < json_count(tools); i++) {
        const struct json *function = json_get(json_at(tools, i), "function");
        if (function)
            json_push(out, json_copy(function));
    }
    return json_count(out) ? text_of(arena, out) : STR("");
}

static void read_request(struct arena *arena, const struct json *messages, const struct json *tools,
                         struct model_request *out)
{
    struct message *read = arena_alloc(arena, (json_count(messages) + 1) * sizeof(*read));
    for (size_t i = 0; i < json_count(messages); i++) {
        const struct json *m = json_at(messages, i), *calls = json_get(m, "tool_calls");
        read[i] = (struct message){.role = json_str(json_get(m, "role")),
                                   .content = json_str(json_get(m, "content")),
                                   .tool_call_id = json_str(json_get(m, "tool_call_id"))};
        if (calls) {
            CLEANUP_JSON struct json *plain = plain_calls(calls);
            read[i].tool_calls = text_of(arena, plain);
        }
    }
    *out = (struct model_request){.messages = read,
                                  .count = json_count(messages),
                                  .tools = plain_tools(arena, tools),
                                  .temperature = NAN};
}

struct service {
    struct chat_config config;
    struct arena arena;
};

/* block: a preset of the reference as JSON. */
static bool open_service(struct golden *g, struct service *service, const char *block)
{
    struct err err = {0};
    CLEANUP_JSON struct json *parsed = json_parse(str_of(block), &err), *flat = NULL;
    *service = (struct service){0};
    int code = parsed ? preset_from_block(parsed, &flat, &err) : err.code;
    if (!code)
        code = chat_config_read(flat, &service->config, &err);
    return golden_expect(g, !code, err.text);
}

static void close_service(struct service *service)
{
    chat_config_clear(&service->config);
    arena_clear(&service->arena);
}

static struct json *encoded(struct service *service, const struct json *messages,
                            const struct json *tools)
{
    struct model_request request;
    CLEANUP_BUF struct buf body = {0};
    read_request(&service->arena, messages, tools, &request);
    wire_encode(&service->config, &request, &body);
    return json_parse(buf_view(&body), NULL);
}

static struct model_reply decoded(struct golden *g, struct service *service,
                                  const struct json *answer)
{
    struct model_request request = {.temperature = NAN};
    struct model_reply reply = {0};
    const char *wrong = wire_decode(&service->config, &request, answer, &service->arena, &reply);
    golden_expect(g, !wrong, wrong ? wrong : "");
    return reply;
}

/* The answer to a chat: its text, or the message with its calls. */
static void expect_result(struct golden *g, const struct model_reply *reply,
                          const struct json *want)
{
    CLEANUP_JSON struct json *got = NULL, *calls = NULL;
    if (!json_is(want, JSON_OBJECT)) {
        golden_expect_str(g, "text", reply->text, json_str(want));
        return;
    }
    golden_expect_str(g, "text", reply->text, json_str(json_get(want, "content")));
    got = json_parse(reply->tool_calls, NULL);
    calls = plain_calls(json_get(want, "tool_calls"));
    golden_expect_json(g, "tool_calls", got, calls);
}

static void has_header(struct golden *g, const struct chat_config *config, const char *name,
                       struct str value)
{
    CLEANUP_FREE char *line = mem_printf("%s: %.*s", name, (int)value.len, value.ptr);
    for (size_t i = 0; config->headers[i]; i++) {
        if (str_is(str_of(config->headers[i]), line))
            return;
    }
    golden_fail(g, "there is no header %s", line);
}

static void vertex_wire(struct golden *g)
{
    golden_section(g, "sections.vertex_agent_wire.cases");
    for (const struct json *c; (c = golden_next(g));) {
        const struct json *want = json_get(c, "first_request");
        struct service service;
        CLEANUP_JSON struct json *messages = json_parse(
            STR("[{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": "
                "\"u\"}, {\"role\": \"agent\", \"content\": \"a\"}, {\"role\": \"user\", "
                "\"content\": \"b\"}]"),
            NULL);
        if (!open_service(g, &service,
                          "{\"module\": \"src.client.agents.VertexAgent\", \"parameters\": "
                          "{\"project_id\": \"PROJ\", \"location\": \"us-central1\", \"model\": "
                          "\"gem\", \"temperature\": 0.0, \"max_output_tokens\": 32768, "
                          "\"api_key\": \"tok1\"}}"))
            continue;
        CLEANUP_JSON struct json *body = encoded(&service, messages, NULL);
        golden_expect_json(g, "json", body, json_get(want, "json"));
        golden_expect_str(g, "url", str_of(service.config.url), json_str(json_get(want, "url")));
        has_header(g, &service.config, "Authorization", STR("Bearer tok1"));
        has_header(g, &service.config, "Content-Type", STR("application/json"));
        close_service(&service);
    }
}

/* The reference turns calls and results into plain text; here they are parts of their own. */
static void drop_tool_turns(struct json *body, const struct json *want)
{
    struct json *contents = json_get(body, "contents");
    for (size_t i = 1; i <= 2; i++)
        json_set(json_at(contents, i), "parts",
                 json_copy(json_get(json_at(json_get(want, "contents"), i), "parts")));
}

static void vertex_agentbench(struct golden *g)
{
    golden_section(g, "sections.vertex_agent_agentbench.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct service service;
        if (!open_service(g, &service,
                          "{\"module\": \"src.client.agents.VertexAgent\", \"parameters\": "
                          "{\"project_id\": \"P\", \"location\": \"l\", \"model\": \"gem\", "
                          "\"temperature\": 0, \"max_output_tokens\": 8192}}"))
            continue;
        if (json_get(c, "body")) {
            CLEANUP_JSON struct json *body =
                encoded(&service, json_get(c, "messages"), json_get(c, "tools"));
            drop_tool_turns(body, json_get(c, "body"));
            golden_expect_json(g, "body", body, json_get(c, "body"));
        } else {
            struct model_reply reply = decoded(g, &service, json_get(c, "response"));
            expect_result(g, &reply, json_get(c, "parsed"));
        }
        close_service(&service);
    }
}

static void responses(struct golden *g)
{
    golden_section(g, "sections.openai_responses_agent.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct service service;
        CLEANUP_JSON struct json *messages = json_parse(
            STR("[{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": "
                "\"u\"}, {\"role\": \"agent\", \"content\": \"a\"}]"),
            NULL);
        CLEANUP_JSON struct json *answer =
            json_parse(STR("{\"output\": [{\"type\": \"message\", \"content\": [{\"type\": "
                           "\"output_text\", \"text\": \"h\"}, {\"type\": \"output_text\", "
                           "\"text\": \"i\"}]}]}"),
                       NULL);
        if (!open_service(g, &service,
                          "{\"module\": \"src.client.agents.OpenAIResponsesAgent\", "
                          "\"parameters\": {\"model\": \"gpt-5.4\", \"base_url\": "
                          "\"https://R.openai.azure.com/openai/v1/\", \"api_key\": \"k123\", "
                          "\"reasoning_effort\": null, \"text_verbosity\": null, "
                          "\"max_output_tokens\": 32768, \"timeout\": 300}}"))
            continue;
        CLEANUP_JSON struct json *body = encoded(&service, messages, NULL);
        golden_expect_json(g, "first_call", body, json_get(c, "first_call"));
        golden_expect_str(g, "url", str_of(service.config.url),
                          STR("https://R.openai.azure.com/openai/v1/responses"));
        has_header(g, &service.config, "Authorization", STR("Bearer k123"));
        golden_expect(g, service.config.timeout == 300, "timeout");
        struct model_reply reply = decoded(g, &service, answer);
        golden_expect_str(g, "result", reply.text, json_str(json_get(c, "result")));
        close_service(&service);
    }
}

/* Tools of another type than function are none of the SDK's. */
static struct json *without_others(const struct json *body)
{
    struct json *out = json_copy(body), *tools = json_new_array();
    for (size_t i = 0; i < json_count(json_get(body, "tools")); i++) {
        const struct json *tool = json_at(json_get(body, "tools"), i);
        if (str_is(json_str(json_get(tool, "type")), "function"))
            json_push(tools, json_copy(tool));
    }
    if (json_get(body, "tools"))
        json_set(out, "tools", tools);
    else
        json_free(tools);
    return out;
}

static void http_agentbench(struct golden *g)
{
    golden_section(g, "sections.http_agent_agentbench.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct service service;
        if (!open_service(g, &service,
                          "{\"module\": \"src.client.agents.HTTPAgent\", \"parameters\": {\"url\": "
                          "\"http://h/\", \"body\": {\"model\": \"m\", \"tool_choice\": \"auto\", "
                          "\"parallel_tool_calls\": false}}}"))
            continue;
        CLEANUP_JSON struct json *body =
            encoded(&service, json_get(c, "messages"), json_get(c, "tools"));
        CLEANUP_JSON struct json *want = without_others(json_get(c, "request_body"));
        CLEANUP_JSON struct json *answer = json_parse(json_str(json_get(c, "response")), NULL);
        golden_expect_json(g, "request_body", body, want);
        struct model_reply reply = decoded(g, &service, answer);
        expect_result(g, &reply, json_get(c, "result"));
        close_service(&service);
    }
}

void golden_service_sections(struct golden *g)
{
    vertex_wire(g);
    vertex_agentbench(g);
    responses(g);
    http_agentbench(g);
}
