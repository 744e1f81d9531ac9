/* SPDX-License-Identifier: MIT */
/* Presets, retries and the wire: each recorded exchange is played by the real client against a
 * server that answers as recorded. */
#include "golden_grasp_model.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "io/server.h"
#include "model/errors.h"
#include "model/model.h"
#include "model/preset.h"
#include "model/retry.h"
#include "model/wire.h"

static void env_expand(struct golden *g)
{
    setenv("G_SET", "val", 1);
    setenv("G_EMPTY", "", 1);
    unsetenv("G_UNSET");
    golden_section(g, "sections.env_expand.cases");
    for (const struct json *c; (c = golden_next(g));) {
        CLEANUP_JSON struct json *object = json_new_object();
        struct err err = {0};
        json_set(object, "x", json_copy(json_get(c, "in")));
        int code = preset_expand(object, &err);
        if (json_is(json_get(c, "error"), JSON_NULL)) {
            golden_expect_int(g, "code", code, 0);
            golden_expect_json(g, "out", json_get(object, "x"), json_get(c, "out"));
        } else {
            golden_expect_int(g, "code", code, EXIT_CONFIG);
            golden_expect(g, str_find(str_of(err.text), STR("G_UNSET"), NULL), err.text);
            golden_expect_json(g, "untouched", json_get(object, "x"), json_get(c, "in"));
        }
    }
}

static void apply_temperature(struct golden *g)
{
    golden_section(g, "sections.apply_temperature.cases");
    for (const struct json *c; (c = golden_next(g));) {
        CLEANUP_JSON struct json *block = json_copy(json_get(c, "block"));
        preset_set_temperature(block, json_double(json_get(c, "temperature"), NAN));
        golden_expect_json(g, "out", block, json_get(c, "out"));
    }
}

static void context_limit(struct golden *g)
{
    golden_section(g, "sections.http_context_limit.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct str body = json_str(json_get(c, "body"));
        bool want = json_bool(json_get(c, "is_context_limit"), false);
        golden_expect_int(g, "is_context_limit", model_reference_context_limit(400, body), want);
        golden_expect_int(g, "with status 200", model_reference_context_limit(200, body), 0);
    }
}

/* Where the reference jitters by 10 % around its exponential wait, ours lies anywhere below. */
static void retry_delay(struct golden *g)
{
    golden_section(g, "sections.http_retry_delay.cases");
    for (const struct json *c; (c = golden_next(g));) {
        struct chat_config config = {
            .retry_base_delay = json_double(json_get(c, "base"), NAN),
            .retry_max_delay = json_double(json_get(c, "max"), NAN),
        };
        struct str text = json_str(json_get(c, "text"));
        double seconds = -1;
        bool asked = retry_text_delay(text, config.retry_max_delay, clock_wall_ms(), &seconds);
        if (json_get(c, "wait")) {
            golden_expect(g, asked, "the text asks for a wait");
            golden_expect(g, seconds == json_double(json_get(c, "wait"), NAN), "wait");
            continue;
        }
        unsigned attempt = (unsigned)json_int(json_get(c, "attempt"), 0);
        seconds = retry_ceiling(&config, attempt);
        golden_expect(g, !asked, "the text asks for no wait");
        golden_expect(g, seconds >= json_double(json_get(c, "wait_min_bound"), NAN), "at least");
        golden_expect(g, seconds <= json_double(json_get(c, "wait_max_bound"), NAN), "at most");
    }
}

static struct message *read_messages(const struct json *array, struct arena *arena)
{
    struct message *messages = arena_alloc(arena, (json_count(array) + 1) * sizeof(*messages));
    for (size_t i = 0; i < json_count(array); i++) {
        const struct json *m = json_at(array, i);
        messages[i] = (struct message){
            .role = json_str(json_get(m, "role")),
            .content = json_str(json_get(m, "content")),
            .tool_call_id = json_str(json_get(m, "tool_call_id")),
        };
    }
    return messages;
}

static struct json *parse(const char *text)
{
    struct err err = {0};
    struct json *json = json_parse(str_of(text), &err);
    if (!json)
        fprintf(stderr, "%s\n", err.text);
    return json;
}

/* Without a prompter the reference sends the role "agent", which servers refuse; here that takes a
 * setting. */
static void prompter_case(struct golden *g, const struct json *c)
{
    const struct json *prompter = json_get(c, "prompter");
    CLEANUP_JSON struct json *block = parse("{\"module\": \"src.client.agents.HTTPAgent\", "
                                            "\"parameters\": {\"url\": \"http://h/\", \"body\": "
                                            "{\"model\": \"m\"}}}");
    CLEANUP_JSON struct json *config = NULL;
    CLEANUP_BUF struct buf body = {0};
    struct err err = {0};
    struct arena arena = {0};
    struct chat_config read = {0};
    json_set(json_get(block, "parameters"), "prompter", json_copy(prompter));
    int code = preset_from_block(block, &config, &err);
    if (json_is(prompter, JSON_NULL))
        json_set(config, "agent_role", json_new_str(STR("agent")));
    if (golden_expect_int(g, "code", code ? code : chat_config_read(config, &read, &err), 0)) {
        const struct json *messages = json_get(c, "messages"), *out = json_get(c, "out");
        wire_encode(&read,
                    &(struct model_request){.messages = read_messages(messages, &arena),
                                            .count = json_count(messages),
                                            .temperature = NAN},
                    &body);
        CLEANUP_JSON struct json *got = json_parse(buf_view(&body), NULL);
        for (struct json_iter it = json_members(out); json_next(&it);)
            golden_expect_json(g, it.key.ptr, json_get_str(got, it.key), it.value);
        if (json_get(c, "error")) {
            golden_expect_json(g, "messages", json_get(got, "messages"), messages);
            golden_skip(g, "defect: a tool's result cannot be sent (spec 5.2); here it is");
        }
    }
    chat_config_clear(&read);
    arena_clear(&arena);
}

static void prompters(struct golden *g)
{
    golden_section(g, "sections.http_prompter.cases");
    for (const struct json *c; (c = golden_next(g));)
        prompter_case(g, c);
}

/* The blocks of the reference's preset files, by spec/grasp.md 4.1. */
static const struct {
    const char *preset, *block, *model;
} reference_presets[] = {
    {"local",
     "{\"module\": \"src.client.agents.HTTPAgent\", \"parameters\": {\"url\": "
     "\"${LOCAL_API_BASE}/chat/completions\", \"headers\": {\"Authorization\": \"Bearer "
     "${LOCAL_API_KEY:-EMPTY}\", \"Content-Type\": \"application/json\"}, \"body\": "
     "{\"model\": \"${LOCAL_MODEL}\", \"temperature\": 0.0, \"max_tokens\": 8192}, "
     "\"prompter\": {\"name\": \"role_content_dict\", \"args\": {\"agent_role\": "
     "\"assistant\"}}}}",
     "lm"},
    {"gemini",
     "{\"module\": \"src.client.agents.VertexAgent\", \"parameters\": {\"project_id\": "
     "\"${GOOGLE_CLOUD_PROJECT}\", \"location\": \"${GOOGLE_CLOUD_LOCATION:-us-central1}\", "
     "\"model\": \"${GEMINI_MODEL:-gemini-3.1-flash-lite}\", \"temperature\": 0.0, "
     "\"max_output_tokens\": 32768}}",
     "gemini-3.1-flash-lite"},
    {"gpt5",
     "{\"module\": \"src.client.agents.OpenAIResponsesAgent\", \"parameters\": {\"model\": "
     "\"${GPT5_MODEL:-gpt-5.4}\", \"base_url\": \"${AZURE_OPENAI_BASE_URL}\", "
     "\"reasoning_effort\": \"${GPT5_REASONING_EFFORT:-low}\", \"text_verbosity\": "
     "\"${GPT5_TEXT_VERBOSITY:-low}\", \"max_output_tokens\": 32768, \"timeout\": 300}}",
     "gpt-5.4"},
    {"gpt4",
     "{\"module\": \"src.client.agents.LiteLLMAgent\", \"parameters\": {\"model\": "
     "\"${GPT4_MODEL:-azure/gpt-4.1}\", \"temperature\": 0.0, \"max_output_tokens\": 32768, "
     "\"timeout\": 120}}",
     "gpt-4.1"},
};

static void set_environment(void)
{
    static const char *const variables[][2] = {
        {"LOCAL_API_BASE", "http://l/v1"}, {"LOCAL_MODEL", "lm"},
        {"GOOGLE_CLOUD_PROJECT", "P"},     {"AZURE_OPENAI_BASE_URL", "https://a/openai/v1/"},
        {"AZURE_OPENAI_API_KEY", "k123"},  {"AZURE_API_BASE", "https://b"},
        {"AZURE_API_KEY", "k123"},         {"AZURE_API_VERSION", "2024-10-21"},
    };
    static const char *const unset[] = {
        "LOCAL_API_KEY", "GOOGLE_CLOUD_LOCATION", "GEMINI_MODEL", "GPT5_MODEL",
        "GPT4_MODEL",    "GPT5_REASONING_EFFORT", "OSS_MODEL",    "GPT5_TEXT_VERBOSITY"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
        setenv(variables[i][0], variables[i][1], 1);
    for (size_t i = 0; i < sizeof(unset) / sizeof(*unset); i++)
        unsetenv(unset[i]);
}

/* The block as the reference resolves it, and then as the client takes it. */
static void resolve_preset(struct golden *g, const struct json *c, size_t index)
{
    CLEANUP_JSON struct json *block = parse(reference_presets[index].block);
    CLEANUP_JSON struct json *flat = NULL;
    struct chat_config read = {0};
    struct err err = {0};
    golden_expect_int(g, "code", preset_expand(block, &err), 0);
    preset_set_temperature(block, json_double(json_get(c, "agent_temperature"), NAN));
    golden_expect_json(g, "resolved", block, json_get(c, "resolved"));
    int code = preset_from_block(block, &flat, &err);
    if (!code)
        code = chat_config_read(flat, &read, &err);
    golden_expect(g, !code, err.text);
    golden_expect_str(g, "model", str_of(read.model), str_of(reference_presets[index].model));
    golden_expect(g, read.temperature == json_double(json_get(c, "agent_temperature"), NAN),
                  "temperature");
    chat_config_clear(&read);
}

static void preset_resolution(struct golden *g)
{
    size_t count = sizeof(reference_presets) / sizeof(*reference_presets);
    set_environment();
    golden_section(g, "sections.preset_resolution.cases");
    for (const struct json *c; (c = golden_next(g));) {
        size_t i = 0;
        while (i < count && !str_is(json_str(json_get(c, "preset")), reference_presets[i].preset))
            i++;
        if (golden_expect(g, i < count, "a preset of the reference"))
            resolve_preset(g, c, i);
    }
}

/* A server that gives recorded responses, [status, body], one after another. */
struct recorded {
    const struct json *responses;
    pthread_mutex_t lock;
    size_t requests;
    struct json *first; /* body of the first request */
    char path[128], authorization[128];
};

static void respond(void *arg, const struct server_request *request,
                    struct server_response *response)
{
    struct recorded *recorded = arg;
    pthread_mutex_lock(&recorded->lock);
    size_t index = recorded->requests++;
    if (!index) {
        recorded->first = json_parse(request->body, NULL);
        snprintf(recorded->path, sizeof(recorded->path), "%.*s", (int)request->path.len,
                 request->path.ptr);
        snprintf(recorded->authorization, sizeof(recorded->authorization), "%.*s",
                 (int)request->authorization.len, request->authorization.ptr);
    }
    if (index >= json_count(recorded->responses))
        index = json_count(recorded->responses) - 1;
    const struct json *pair = json_at(recorded->responses, index);
    response->status = (int)json_int(json_at(pair, 0), 500);
    response->content_type = "application/json";
    buf_str(&response->body, json_str(json_at(pair, 1)));
    pthread_mutex_unlock(&recorded->lock);
}

struct waited {
    struct model_call call; /* first */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

static void wake(struct model_call *call)
{
    struct waited *waited = (struct waited *)call;
    pthread_mutex_lock(&waited->lock);
    waited->done = true;
    pthread_cond_signal(&waited->changed);
    pthread_mutex_unlock(&waited->lock);
}

/* The model behind a resolved preset answers one request. */
static int ask(const struct json *config, const struct model_request *request, struct arena *arena,
               struct model_reply *out, struct err *err)
{
    struct model *model = NULL;
    struct waited waited = {.call = {.request = *request, .done = wake, .arena = arena},
                            .lock = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER};
    struct loop *loop = loop_start(err);
    struct http_client *http = loop ? http_client_create(loop, 4, err) : NULL;
    struct pool *pool = pool_create(1, "worker", 0);
    int code = http ? model_open(config, http, loop, pool, &model, err) : err->code;
    if (!code) {
        model_send(model, &waited.call);
        pthread_mutex_lock(&waited.lock);
        while (!waited.done)
            pthread_cond_wait(&waited.changed, &waited.lock);
        pthread_mutex_unlock(&waited.lock);
        *out = waited.call.reply;
    }
    model_close(model);
    pool_destroy(pool);
    http_client_destroy(http);
    loop_stop(loop);
    return code;
}

/* Plays a case: parameters[key] of the block becomes the address of the server. */
static void play(struct golden *g, struct json *block, const char *key, const char *path,
                 const struct json *messages, struct recorded *recorded, struct arena *arena,
                 struct model_reply *reply)
{
    struct err err = {0};
    struct server *server = NULL;
    CLEANUP_JSON struct json *config = NULL;
    char url[64];
    int code = server_start(
        &(struct server_options){.threads = 1, .handle = respond, .arg = recorded}, &server, &err);
    if (!golden_expect(g, !code, err.text))
        return;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server_port(server), path);
    json_set(json_get(block, "parameters"), key, json_new_str(str_of(url)));
    code = preset_from_block(block, &config, &err);
    if (!code) {
        json_set(config, "retry_base_delay", json_new_double(0.001));
        json_set(config, "retry_after_max", json_new_double(0.001));
        json_set(config, "accept_empty", json_new_bool(true)); /* as the reference has it */
        struct model_request request = {.messages = read_messages(messages, arena),
                                        .count = json_count(messages),
                                        .temperature = NAN};
        code = ask(config, &request, arena, reply, &err);
    }
    golden_expect(g, !code, err.text);
    server_stop(server);
}

/* Path, key and body of the first request. */
static void expect_request(struct golden *g, const struct recorded *recorded,
                           const struct json *want)
{
    golden_expect_str(g, "path", str_of(recorded->path), json_str(json_get(want, "path")));
    golden_expect_str(g, "auth", str_of(recorded->authorization), json_str(json_get(want, "auth")));
    golden_expect_json(g, "body", recorded->first, json_get(want, "body"));
}

static void openai_case(struct golden *g, const struct json *c)
{
    CLEANUP_JSON struct json *responses = json_new_array();
    CLEANUP_JSON struct json *block = parse("{\"module\": \"grasp.agents.OpenAIChatAgent\"}");
    CLEANUP_JSON struct json *want = json_copy(json_get(c, "request"));
    struct recorded recorded = {.responses = responses, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct arena arena = {0};
    struct model_reply reply = {0};
    json_push(responses, json_copy(json_get(c, "response")));
    json_set(block, "parameters", json_copy(json_get(c, "params")));
    /* The reference never tries again. */
    json_set(json_get(block, "parameters"), "max_retries", json_new_int(1));
    play(g, block, "base_url", "/v1/", json_get(c, "messages"), &recorded, &arena, &reply);
    /* What the reference drops of a tool's result is what servers match it by. */
    const struct json *sent = json_get(recorded.first, "messages");
    for (size_t i = 0; i < json_count(sent); i++)
        json_remove(json_at(sent, i), "tool_call_id");
    expect_request(g, &recorded, want);
    golden_expect_int(g, "n_requests", (int64_t)recorded.requests,
                      json_int(json_get(c, "n_requests"), -1));
    bool failed = !json_is(json_get(c, "error"), JSON_NULL);
    golden_expect_int(g, "kind", reply.kind, failed ? MODEL_FAILED : MODEL_TEXT);
    if (!failed)
        golden_expect_str(g, "result", reply.text, json_str(json_get(c, "result")));
    json_free(recorded.first);
    arena_clear(&arena);
}

/* Which defect of the reference the case records, if ours is without it; or NULL. */
static const char *http_difference(const struct json *c, const struct model_reply *reply)
{
    struct str title = json_str(json_get(c, "title"));
    bool empty = reply->kind == MODEL_TEXT && !reply->text.len,
         failed = reply->kind == MODEL_FAILED;
    if (str_starts(title, "empty content") || str_is(title, "null content"))
        return empty ? "defect: the whole response becomes the answer (spec 5.2, W23)" : NULL;
    if (str_is(title, "no choices"))
        return failed ? "defect: the whole response becomes the answer (spec 5.2, W23)" : NULL;
    if (str_starts(title, "invalid json"))
        return failed ? "defect: a damaged reply ends the call at once (spec 5.2, W24)" : NULL;
    return NULL;
}

static void expect_http_end(struct golden *g, const struct json *c, const struct model_reply *reply)
{
    struct str error = json_str(json_get(c, "error"));
    if (str_is(error, "AgentContextLimitException"))
        golden_expect_int(g, "kind", reply->kind, MODEL_CONTEXT_LIMIT);
    else if (error.len)
        golden_expect_int(g, "kind", reply->kind, MODEL_FAILED);
    else
        golden_expect_str(g, "result", reply->text, json_str(json_get(c, "result")));
}

static void http_case(struct golden *g, const struct json *c)
{
    CLEANUP_JSON struct json *block =
        parse("{\"module\": \"src.client.agents.HTTPAgent\", \"parameters\": {\"headers\": "
              "{\"Authorization\": \"Bearer EMPTY\", \"Content-Type\": \"application/json\"}, "
              "\"body\": {\"model\": \"m\", \"temperature\": 0.0, \"max_tokens\": 8192}, "
              "\"prompter\": {\"name\": \"role_content_dict\", \"args\": {\"agent_role\": "
              "\"assistant\"}}}}");
    CLEANUP_JSON struct json *messages =
        parse("[{\"role\": \"user\", \"content\": \"u\"}, {\"role\": \"agent\", \"content\": "
              "\"a\"}, {\"role\": \"user\", \"content\": \"v\"}]");
    struct recorded recorded = {.responses = json_get(c, "responses"),
                                .lock = PTHREAD_MUTEX_INITIALIZER};
    struct arena arena = {0};
    struct model_reply reply = {0};
    for (struct json_iter it = json_members(json_get(c, "kwargs")); json_next(&it);)
        json_set_str(json_get(block, "parameters"), it.key, json_copy(it.value));
    play(g, block, "url", "/v1/chat/completions", messages, &recorded, &arena, &reply);
    expect_request(g, &recorded, json_get(c, "first_request"));
    const char *difference = http_difference(c, &reply);
    if (difference) {
        golden_skip(g, "%s", difference);
    } else {
        expect_http_end(g, c, &reply);
        golden_expect_int(g, "n_requests", (int64_t)recorded.requests,
                          json_int(json_get(c, "n_requests"), -1));
    }
    json_free(recorded.first);
    arena_clear(&arena);
}

int golden_model_sections(struct golden *g)
{
    int before = g->failed;
    log_level_set(LOG_ERROR);
    env_expand(g);
    apply_temperature(g);
    context_limit(g);
    retry_delay(g);
    prompters(g);
    preset_resolution(g);
    golden_section(g, "sections.openai_chat_agent_wire.cases");
    for (const struct json *c; (c = golden_next(g));)
        openai_case(g, c);
    golden_section(g, "sections.http_agent_wire.cases");
    for (const struct json *c; (c = golden_next(g));)
        http_case(g, c);
    golden_service_sections(g);
    return g->failed - before;
}
