/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "cli/cli.h"
#include "common/fhir/fhir.h"
#include "io/server.h"

static const char usage[] =
    "usage: grasp-host fhir serve DIR [--port N] [--address A] [--read-only]\n\n"
    "Serves the FHIR R4 resources of a folder or file (*.ndjson, *.json, *.gz) over HTTP, under\n"
    "/fhir/, as tasks search them in process. What clients write is kept until the server ends\n"
    "and never reaches the files. Without --port, a free one is taken and printed.\n\n"
    "  grasp-host fhir serve cohort --port 8080 &\n";

struct fhir_server {
    struct fhir_store *store;
    struct fhir_view *view;
    char url[128];
    pthread_rwlock_t lock; /* of the view: many may read, one may write */
    bool read_only;
};

static void refuse(struct server_response *response, int status, const char *code, const char *text)
{
    response->status = status;
    buf_printf(&response->body,
               "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"error\","
               "\"code\":\"%s\",\"diagnostics\":\"%s\"}]}",
               code, text);
}

static bool is_reading(const struct server_request *request)
{
    return str_is(request->method, "GET") || str_is(request->method, "HEAD") ||
           (str_is(request->method, "POST") && str_ends(request->path, "/_search"));
}

/* The answer's text becomes the response's. */
static void respond(const struct fhir_server *server, struct fhir_answer *answer,
                    struct server_response *response)
{
    response->status = answer->status;
    response->body =
        (struct buf){.ptr = answer->body, .len = answer->len, .capacity = answer->capacity};
    if (answer->location[0])
        snprintf(response->location, sizeof(response->location), "%s%s", server->url,
                 answer->location);
}

static void handle(void *arg, const struct server_request *request,
                   struct server_response *response)
{
    struct fhir_server *server = arg;
    struct fhir_answer answer = {0};
    bool reading = is_reading(request);
    response->content_type = FHIR_CONTENT_TYPE;
    if (!str_starts(request->path, "/fhir/")) {
        refuse(response, 404, "not-found", "the URLs of this server start with /fhir/");
        return;
    }
    if (!reading && server->read_only) {
        refuse(response, 405, "not-supported", "this server is read-only");
        return;
    }
    CLEANUP_BUF struct buf url = {0};
    buf_str(&url, request->path);
    buf_char(&url, '?');
    buf_str(&url, request->query);
    if (reading) {
        pthread_rwlock_rdlock(&server->lock);
    } else {
        pthread_rwlock_wrlock(&server->lock);
        fhir_view_now(server->view, clock_wall_ms());
    }
    fhir_request(server->view, (struct fhir_text){request->method.ptr, request->method.len},
                 (struct fhir_text){url.ptr, url.len},
                 (struct fhir_text){request->body.ptr, request->body.len}, &answer);
    pthread_rwlock_unlock(&server->lock);
    respond(server, &answer, response);
}

static void started(void *arg, const char *url)
{
    struct fhir_server *server = arg;
    snprintf(server->url, sizeof(server->url), "%s", url);
    fhir_view_base(server->view, url);
    pthread_rwlock_unlock(&server->lock);
}

/* No request is answered before the port, and so the base of all URLs, is known. */
static int serve_store(struct fhir_server *server, struct server_options *options, bool as_json,
                       struct err *err)
{
    options->handle = handle;
    options->arg = server;
    pthread_rwlock_init(&server->lock, NULL);
    pthread_rwlock_wrlock(&server->lock);
    server->view = fhir_view_new(server->store);
    int code = cli_serve(options, "/fhir/", as_json, started, err);
    if (!*server->url) /* it never began */
        pthread_rwlock_unlock(&server->lock);
    fhir_view_free(server->view);
    pthread_rwlock_destroy(&server->lock);
    return code;
}

static int serve(const char *path, const char *port_text, const char *address, bool read_only,
                 bool as_json, struct err *err)
{
    struct fhir_server server = {.read_only = read_only};
    struct server_options options = {.address = address};
    struct fhir_error error;
    int64_t port = 0;
    int code = args_int("port", port_text, 0, 65535, &port, err);
    if (code)
        return code;
    options.port = (uint16_t)port;
    if (fhir_open(path, NULL, &server.store, &error))
        return err_set(err, EXIT_CONFIG, "%s", error.text);
    code = serve_store(&server, &options, as_json, err);
    fhir_close(server.store);
    return code;
}

static int cmd_serve(int argc, char **argv)
{
    const char *port = NULL, *address = NULL;
    bool help = false, as_json = false, read_only = false;
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"port", 'p', "N", "port to listen on (default: a free one)", .text = &port},
        {"address", 0, "A", "IPv4 address to listen on (default: 127.0.0.1)", .text = &address},
        {"read-only", 0, NULL, "refuse to create, update and delete", .flag = &read_only},
        {"json", 0, NULL, "where it listens as a line of JSON", .flag = &as_json},
        {"help", 'h', NULL, "this text", .flag = &help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && help)
        code = cli_help(usage, args);
    else if (!code && rest.count != 1)
        code = err_set(&err, EXIT_USAGE, "fhir serve takes one folder or file of FHIR data");
    else if (!code)
        code = serve(rest.items[0], port, address, read_only, as_json, &err);
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    return code;
}

static const struct command commands[] = {
    {"serve", "serve FHIR data over HTTP", cmd_serve},
    {"cohort", "write invented patients for the medagent tasks", cmd_fhir_cohort},
    {"mimic", "write invented patients for the fhir_agent task", cmd_fhir_mimic},
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static int unknown(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = nearest(str_of(name), names, COMMANDS);
    struct err err;
    err_set(&err, EXIT_USAGE, "fhir has no command '%s'; %s '%s'?", name,
            near ? "did you mean" : "try", near ? near : "serve");
    return cli_fail(&err);
}

int cmd_fhir(int argc, char **argv)
{
    struct err err;
    if (argc < 1) {
        err_set(&err, EXIT_USAGE, "fhir needs a command, as in fhir serve DIR");
        return cli_fail(&err);
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(argv[0], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (argv[0][0] == '-')
        return cmd_serve(argc, argv); /* the help */
    return unknown(argv[0]);
}
