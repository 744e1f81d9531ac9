/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "io/server.h"
#include "plugin/rehearse.h"

static const char usage[] =
    "usage: grasp-host rehearse --task T.so [--method M.so] [--port N]\n\n"
    "Serves the built-in stand-in for a model as an OpenAI-compatible endpoint on 127.0.0.1, so\n"
    "that other programs can be driven by it. Without --port, a free one is taken and printed.\n\n"
    "  grasp-host rehearse --task quickstart.so --method grasp.so --port 8000 &\n"
    "  OPENAI_BASE_URL=http://127.0.0.1:8000/v1 grasp-host -t quickstart.so -m grasp.so -a local\n";

struct brain {
    struct rehearsal *rehearsal;
    uint64_t requests; /* answered completions */
};

static void error_body(struct server_response *response, int status, const char *text)
{
    response->status = status;
    buf_reset(&response->body);
    buf_text(&response->body, "{\"error\": {\"message\": ");
    json_write_str(&response->body, str_of(text), 0);
    buf_printf(&response->body, ", \"type\": \"%s\"}}",
               status == 404 ? "not_found_error" : "invalid_request_error");
}

static const char *read_messages(const struct json *body, struct arena *arena,
                                 struct model_request *out)
{
    const struct json *array = json_get(body, "messages");
    size_t count = json_count(array);
    if (!json_is(array, JSON_ARRAY) || count == 0)
        return "\"messages\" must be an array with messages";
    struct message *messages = arena_alloc(arena, count * sizeof(*messages));
    for (size_t i = 0; i < count; i++) {
        const struct json *m = json_at(array, i);
        if (!json_is(json_get(m, "role"), JSON_STRING))
            return "every message needs a \"role\"";
        messages[i].role = json_str(json_get(m, "role"));
        if (str_is(messages[i].role, "assistant"))
            messages[i].role = STR("agent");
        messages[i].content = json_str(json_get(m, "content"));
    }
    out->messages = messages;
    out->count = count;
    return NULL;
}

static void write_completion(struct buf *out, const struct json *body,
                             const struct model_reply *reply, uint64_t number)
{
    struct str model = json_str(json_get(body, "model"));
    const struct model_usage *u = &reply->usage;
    int64_t total = u->prompt_tokens + u->completion_tokens;
    buf_printf(out,
               "{\"id\": \"chatcmpl-%llu\", \"object\": \"chat.completion\", \"created\": 0, "
               "\"model\": ",
               (unsigned long long)number);
    json_write_str(out, model.len ? model : STR("rehearsal"), 0);
    buf_text(out, ", \"choices\": [{\"index\": 0, \"message\": {\"role\": \"assistant\", "
                  "\"content\": ");
    json_write_str(out, reply->text, 0);
    buf_text(out, "}, \"finish_reason\": ");
    json_write_str(out, reply->finish_reason, 0);
    buf_printf(out,
               "}], \"usage\": {\"prompt_tokens\": %lld, \"completion_tokens\": %lld, "
               "\"total_tokens\": %lld}}",
               (long long)u->prompt_tokens, (long long)u->completion_tokens, (long long)total);
}

static void complete(struct brain *brain, const struct server_request *request,
                     struct server_response *response)
{
    struct err err = {0};
    struct arena arena = {0};
    struct model_reply reply = {0};
    CLEANUP_JSON struct json *body = json_parse(request->body, &err);
    if (!json_is(body, JSON_OBJECT)) {
        error_body(response, 400, err.text[0] ? err.text : "the body must be a JSON object");
        return;
    }
    struct model_request asked = {
        .temperature = json_double(json_get(body, "temperature"), 0),
        .seed = (uint64_t)json_int(json_get(body, "seed"), 0),
    };
    const char *wrong = read_messages(body, &arena, &asked);
    if (wrong) {
        error_body(response, 400, wrong);
    } else {
        rehearsal_answer(brain->rehearsal, &asked, &arena, &reply);
        uint64_t number = __atomic_add_fetch(&brain->requests, 1, __ATOMIC_RELAXED);
        if (reply.kind == MODEL_FAILED)
            error_body(response, 400, reply.error.ptr);
        else
            write_completion(&response->body, body, &reply, number);
    }
    arena_clear(&arena);
}

static void handle(void *arg, const struct server_request *request,
                   struct server_response *response)
{
    struct brain *brain = arg;
    response->status = 200;
    response->content_type = "application/json";
    if (str_is(request->method, "POST") && str_ends(request->path, "/chat/completions"))
        complete(brain, request, response);
    else if (str_is(request->method, "GET") && str_ends(request->path, "/models"))
        buf_text(&response->body, "{\"object\": \"list\", \"data\": [{\"id\": \"rehearsal\", "
                                  "\"object\": \"model\"}]}");
    else if (str_is(request->method, "GET") && str_is(request->path, "/stats"))
        buf_printf(&response->body, "{\"requests\": %llu}",
                   (unsigned long long)__atomic_load_n(&brain->requests, __ATOMIC_RELAXED));
    else
        error_body(response, 404, "there is POST /v1/chat/completions and GET /v1/models");
}

static int rehearse(const char *task, const char *method, const char *port_text, bool as_json,
                    struct err *err)
{
    const struct plugin_entry *task_entry = NULL, *method_entry = NULL;
    struct brain brain = {0};
    int64_t port = 0;
    int code = args_int("port", port_text, 0, 65535, &port, err);
    if (!code && !task && !method)
        code = err_set(err, EXIT_USAGE, "rehearse needs --task, as in --task quickstart.so");
    if (!code && task)
        code = plugin_pick(task, PLUGIN_TASK, &task_entry, err);
    if (!code && method)
        code = plugin_pick(method, PLUGIN_METHOD, &method_entry, err);
    if (!code)
        code = rehearsal_open(task_entry, method_entry, &brain.rehearsal, err);
    if (!code)
        code = cli_serve(
            &(struct server_options){.port = (uint16_t)port, .handle = handle, .arg = &brain},
            "/v1", as_json, NULL, err);
    rehearsal_close(brain.rehearsal);
    return code;
}

int cmd_rehearse(int argc, char **argv)
{
    const char *task = NULL, *method = NULL, *port = NULL;
    bool help = false, as_json = false;
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"task", 't', "FILE.so[:NAME]", "task whose agent is played", .text = &task},
        {"method", 'm', "FILE.so[:NAME]", "method whose writer is played", .text = &method},
        {"port", 'p', "N", "port on 127.0.0.1 (default: a free one)", .text = &port},
        {"json", 0, NULL, "where it listens as a line of JSON", .flag = &as_json},
        {"help", 'h', NULL, "this text", .flag = &help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && help)
        code = cli_help(usage, args);
    else if (!code && rest.count)
        code =
            err_set(&err, EXIT_USAGE, "rehearse takes no argument '%s'; see --help", rest.items[0]);
    else if (!code)
        code = rehearse(task, method, port, as_json, &err);
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    return code;
}
