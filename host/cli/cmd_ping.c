/* SPDX-License-Identifier: MIT */
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/agent.h"
#include "cli/cli.h"
#include "model/model.h"
#include "run/config.h"

#define ANSWER_MAX 60 /* characters shown */

static const char usage[] =
    "usage: grasp-host ping --agent PRESET [OPTIONS]\n\n"
    "Makes one call to the model behind a preset, with a tool to use, and prints model, latency,\n"
    "tokens and whether the tool was called. An endpoint that refuses tools is asked again "
    "without.\n"
    "\n"
    "  OPENAI_BASE_URL=http://127.0.0.1:8000/v1 GRASP_MODEL=my-model grasp-host ping -a local\n";

static const struct str tools =
    STR("[{\"name\": \"echo\", \"description\": \"Says a word back.\", \"parameters\": {\"type\": "
        "\"object\", \"properties\": {\"word\": {\"type\": \"string\"}}, \"required\": "
        "[\"word\"]}}]");

struct ping {
    struct model_call call; /* first */
    struct message message;
    struct arena arena;
    sem_t done;
    double seconds;
};

static void on_done(struct model_call *call)
{
    sem_post(&((struct ping *)call)->done);
}

static void ask(struct model *model, struct ping *ping, bool with_tools)
{
    ping->message = (struct message){
        .role = STR("user"),
        .content = with_tools ? STR("Call the tool echo with the word pong.")
                              : STR("Answer with the word pong."),
    };
    ping->call = (struct model_call){
        .request = {.messages = &ping->message,
                    .count = 1,
                    .tools = with_tools ? tools : STR(""),
                    .temperature = __builtin_nan("")},
        .done = on_done,
        .arena = &ping->arena,
    };
    uint64_t began = clock_monotonic_us();
    sem_init(&ping->done, 0, 0);
    model_send(model, &ping->call);
    while (sem_wait(&ping->done) != 0)
        continue;
    sem_destroy(&ping->done);
    ping->seconds = (double)(clock_monotonic_us() - began) / 1e6;
}

static int fault_code(enum model_fault fault)
{
    switch (fault) {
    case MODEL_FAULT_KEY:
        return EXIT_PERMISSION;
    case MODEL_FAULT_CONFIG:
        return EXIT_CONFIG;
    case MODEL_FAULT_NONE:
    case MODEL_FAULT_CALL:
    case MODEL_FAULT_ENDPOINT:
    case MODEL_FAULT_CANCELLED:
    case MODEL_FAULT_BUDGET:
        break;
    }
    return EXIT_UNAVAILABLE;
}

static struct json *result(const char *agent, const struct model *model, const struct ping *ping,
                           const char *tool_words)
{
    const struct model_reply *reply = &ping->call.reply;
    const struct model_usage *u = &reply->usage;
    struct json *out = json_new_object(), *tokens = json_new_object();
    CLEANUP_BUF struct buf answer = {0};
    buf_escaped(&answer, reply->text);
    if (answer.len > ANSWER_MAX) {
        answer.len = ANSWER_MAX;
        buf_text(&answer, "...");
    }
    json_set(out, "agent", json_new_str(str_of(agent)));
    json_set(out, "model", json_new_str(str_of(model_name(model))));
    json_set(out, "endpoint", json_new_str(str_of(model_endpoint(model))));
    json_set(out, "answer", json_new_str(reply->text.len ? buf_view(&answer) : reply->error));
    json_set(out, "finish_reason", json_new_str(reply->finish_reason));
    json_set(out, "seconds", json_new_double(ping->seconds));
    json_set(tokens, "prompt", json_new_int(u->prompt_tokens));
    json_set(tokens, "cached", json_new_int(u->cached_tokens));
    json_set(tokens, "completion", json_new_int(u->completion_tokens));
    json_set(tokens, "reasoning", json_new_int(u->reasoning_tokens));
    json_set(out, "tokens", tokens);
    json_set(out, "tools", json_new_str(str_of(tool_words)));
    return out;
}

static const char *text_at(const struct json *object, const char *key)
{
    return json_str(json_get(object, key)).ptr;
}

static void write_text(struct buf *out, const struct json *result)
{
    const struct json *tokens = json_get(result, "tokens");
    buf_printf(out, "agent     %s\nmodel     %s\nendpoint  %s\n", text_at(result, "agent"),
               text_at(result, "model"), text_at(result, "endpoint"));
    if (*text_at(result, "answer"))
        buf_printf(out, "answer    %s\n", text_at(result, "answer"));
    buf_printf(out, "latency   %.2f s\n", json_double(json_get(result, "seconds"), 0));
    buf_printf(out, "tokens    %lld in (%lld cached), %lld out (%lld reasoning)\n",
               (long long)json_int(json_get(tokens, "prompt"), 0),
               (long long)json_int(json_get(tokens, "cached"), 0),
               (long long)json_int(json_get(tokens, "completion"), 0),
               (long long)json_int(json_get(tokens, "reasoning"), 0));
    buf_printf(out, "tools     %s\n", text_at(result, "tools"));
}

static int print(const struct json *result, bool as_json)
{
    CLEANUP_BUF struct buf text = {0};
    if (as_json) {
        json_write(&text, result, JSON_INDENT2);
        buf_char(&text, '\n');
    } else {
        write_text(&text, result);
    }
    return cli_print(buf_view(&text));
}

static int ping_model(const char *agent, struct model *model, bool as_json, struct err *err)
{
    struct ping ping = {0};
    const struct model_reply *reply = &ping.call.reply;
    const char *words = "offered, and not called";
    ask(model, &ping, true);
    if (reply->kind == MODEL_FAILED && reply->fault == MODEL_FAULT_CONFIG) {
        CLEANUP_BUF struct buf first = {0};
        buf_str(&first, reply->error);
        ask(model, &ping, false);
        words =
            "refused; tools: text in the preset (--set agent.tools=text) puts them into the text";
        if (reply->kind == MODEL_FAILED)
            log_line(LOG_WARNING, "%s", first.ptr);
    } else if (reply->tool_calls.len) {
        words = "called";
    }
    int code = 0;
    if (reply->kind == MODEL_FAILED) {
        code = err_set(err, fault_code(reply->fault), "%s", reply->error.ptr);
    } else {
        CLEANUP_JSON struct json *out = result(agent, model, &ping, words);
        code = print(out, as_json);
    }
    arena_clear(&ping.arena);
    return code;
}

static int ping_agent(const char *name, struct json *agent, bool as_json, struct err *err)
{
    struct model *model = NULL;
    struct loop *loop = loop_start(err);
    struct http_client *http = loop ? http_client_create(loop, 1, err) : NULL;
    struct pool *pool = http ? pool_create(1, "worker", 0) : NULL;
    int code = http ? model_open(agent, http, loop, pool, &model, err) : EXIT_INTERNAL;
    if (code && http)
        err_prefix(err, "agent preset %s", name);
    if (!code)
        code = ping_model(name, model, as_json, err);
    model_close(model);
    pool_destroy(pool);
    http_client_destroy(http);
    loop_stop(loop);
    return code;
}

/* The agent as a run with this configuration would have it. */
static int load(const char *file, const char *given, const struct arg_list *sets, char **out_name,
                struct json **out, struct err *err)
{
    struct config config = {0};
    struct run_config run = {0};
    int code = config_load(file, &config, err);
    for (size_t i = 0; !code && i < sets->count; i++)
        code = config_set_text(&config, sets->items[i], err);
    if (!code)
        code = config_read(&config, &run, err);
    const char *name = config_agent_name(given, getenv("GRASP_BACKEND"), run.agent_preset);
    if (!code)
        code = name ? agent_load(config.file, name, run.agent, out, err)
                    : err_set(err, EXIT_USAGE, "no agent: give --agent, as in --agent local");
    if (!code) {
        *out_name = mem_printf("%s", name);
        if (!run.agent || !json_get(run.agent, "max_retries"))
            json_set(*out, "max_retries", json_new_int(1));
    }
    config_clear(&config);
    return code;
}

static int ping(const char *file, const char *given, const struct arg_list *sets, bool as_json,
                struct err *err)
{
    CLEANUP_FREE char *name = NULL;
    CLEANUP_JSON struct json *agent = NULL;
    int code = load(file, given, sets, &name, &agent, err);
    if (code)
        return code;
    if (str_is(json_str(json_get(agent, "client")), "rehearsal"))
        return cli_print(STR("the rehearsal is built in and runs in process: nothing to reach\n"));
    return ping_agent(name, agent, as_json, err);
}

int cmd_ping(int argc, char **argv)
{
    const char *agent = NULL, *config = NULL;
    bool help = false, as_json = false;
    struct arg_list rest = {0}, sets = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"agent", 'a', "PRESET", "model preset: local, gptoss, gpt5, ... or its file",
         .text = &agent},
        {"config", 'c', "FILE", "configuration (YAML) that the agent goes with", .text = &config},
        {"set", 0, "KEY=VALUE", "override a key: agent.model=X, agent.tools=text", .list = &sets},
        {"json", 0, NULL, "the result as JSON", .flag = &as_json},
        {"help", 'h', NULL, "this text", .flag = &help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && help)
        code = cli_help(usage, args);
    else if (!code && rest.count)
        code = err_set(&err, EXIT_USAGE, "ping takes no argument '%s'; see --help", rest.items[0]);
    else if (!code)
        code = ping(config, agent, &sets, as_json, &err);
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    arg_list_clear(&sets);
    return code;
}
