/* SPDX-License-Identifier: MIT */
/*
 * fault_server SCRIPT BACKEND_URL [PORT [SECONDS]]
 *
 * An OpenAI-compatible endpoint per path name, http://127.0.0.1:PORT/NAME/v1, that behaves as the
 * script says (script.h) and otherwise answers as the server at BACKEND_URL does. Prints its
 * address; ends with its standard input. PORT 0: a free one. SECONDS: listens only then, so that
 * until then connections are refused.
 *
 * GET /__seen and /NAME/__seen: what has come (seen.h).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "brain.h"
#include "reply.h"
#include "seen.h"

struct server {
    struct script script;
    struct seen *seen;
    struct brain *brain;
};

struct incoming {
    struct buf body;
};

static enum MHD_Result respond(struct MHD_Connection *connection, int status,
                               const struct json *headers, struct buf *body)
{
    size_t len = body->len;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, buf_steal(body), MHD_RESPMEM_MUST_FREE);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    for (struct json_iter it = json_members(headers); json_next(&it);) {
        MHD_del_response_header(response, it.key.ptr, "application/json");
        MHD_add_response_header(response, it.key.ptr, json_str(it.value).ptr);
    }
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

static void set_number(struct json *headers, const char *name, double number)
{
    char text[32];
    snprintf(text, sizeof(text), "%.0f", number);
    json_set(headers, name, json_new_str(str_of(text)));
}

static enum MHD_Result refuse(struct MHD_Connection *connection, const struct verdict *verdict)
{
    CLEANUP_JSON struct json *headers = json_new_object();
    struct buf body = {0};
    double windows = 60 / verdict->limits.window; /* what is said is a minute's */
    set_number(headers, "Retry-After", verdict->refused + 0.999);
    set_number(headers, "Retry-After-Ms", verdict->refused * 1000 + 1);
    set_number(headers, "X-RateLimit-Limit-Requests", (double)verdict->limits.requests * windows);
    set_number(headers, "X-RateLimit-Remaining-Requests", (double)verdict->requests_left * windows);
    set_number(headers, "X-RateLimit-Limit-Tokens", (double)verdict->limits.tokens * windows);
    set_number(headers, "X-RateLimit-Remaining-Tokens", (double)verdict->tokens_left * windows);
    buf_text(&body, "{\"error\": {\"message\": \"the limit of this path is reached\", "
                    "\"type\": \"rate_limit_exceeded\"}}");
    return respond(connection, 429, headers, &body);
}

static enum MHD_Result act(struct server *server, struct MHD_Connection *connection,
                           const struct rule *rule, struct str asked)
{
    const char *key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    int fd = socket_of(connection);
    struct buf body = {0};
    bool gives_good = !rule->body && !rule->raw;
    struct str good = {0};
    if (gives_good || rule->body)
        good = brain_answer(server->brain, asked);
    reply_wait(fd, rule->delay);
    reply_body(rule, good, str_of(key ? key : ""), &body);
    if (!rule_is_raw(rule))
        return respond(connection, rule->status, rule->headers, &body);
    reply_send(fd, rule, buf_view(&body));
    buf_free(&body);
    return MHD_NO; /* closes the connection */
}

static enum MHD_Result complete(struct server *server, struct MHD_Connection *connection,
                                struct str path, struct str body)
{
    CLEANUP_JSON struct json *asked = json_parse(body, NULL);
    int64_t seed = json_int(json_get(asked, "seed"), -1);
    struct verdict verdict = seen_request(server->seen, path, body, seed);
    struct buf good = {0};
    enum MHD_Result result;
    if (verdict.refused > 0) {
        result = refuse(connection, &verdict);
    } else if (verdict.rule) {
        result = act(server, connection, verdict.rule, body);
    } else {
        buf_str(&good, brain_answer(server->brain, body));
        result = respond(connection, good.len ? 200 : 500, NULL, &good);
    }
    seen_replied(server->seen, path, verdict.refused <= 0 && !verdict.rule);
    return result;
}

static enum MHD_Result route(struct server *server, struct MHD_Connection *connection,
                             const char *url, struct str body)
{
    struct str rest = str_of(url), path;
    struct buf out = {0};
    str_cut(&rest, '/');
    path = str_cut(&rest, '/');
    if (str_is(path, "__seen")) {
        seen_write(server->seen, STR(""), &out);
    } else if (str_is(rest, "__seen")) {
        seen_write(server->seen, path, &out);
    } else if (str_is(rest, "v1/chat/completions")) {
        return complete(server, connection, path, body);
    } else {
        buf_text(&out, "{\"error\": {\"message\": \"no such path\"}}");
        return respond(connection, 404, NULL, &out);
    }
    return respond(connection, 200, NULL, &out);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    struct incoming *in = *state;
    if (!in) {
        *state = mem_alloc(sizeof(*in));
        return MHD_YES;
    }
    if (*size) {
        buf_add(&in->body, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return route(arg, connection, url, buf_view(&in->body));
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct incoming *in = *state;
    if (in)
        buf_free(&in->body);
    mem_free(in);
    *state = NULL;
}

static int serve(struct server *server, uint16_t port)
{
    char line[64];
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL,
        NULL, on_request, server, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_CONNECTION_LIMIT, 2048u, MHD_OPTION_LISTENING_ADDRESS_REUSE,
        1u, MHD_OPTION_END);
    if (!daemon) {
        fprintf(stderr, "fault_server: cannot listen: %s\n", strerror(errno));
        return EXIT_UNAVAILABLE;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    printf("listening on http://127.0.0.1:%u\n", info ? (unsigned)info->port : port);
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin))
        continue;
    MHD_stop_daemon(daemon);
    return 0;
}

int main(int argc, char **argv)
{
    struct server server = {0};
    struct err err = {0};
    double later = argc > 4 ? strtod(argv[4], NULL) : 0;
    if (argc < 3) {
        fprintf(stderr, "usage: fault_server SCRIPT BACKEND_URL [PORT [SECONDS]]\n");
        return EXIT_USAGE;
    }
    int code = script_read(argv[1], &server.script, &err);
    if (!code)
        code = brain_open(argv[2], &server.brain, &err);
    if (code) {
        fprintf(stderr, "fault_server: %s\n", err.text);
    } else {
        server.seen = seen_create(&server.script);
        nanosleep(&(struct timespec){.tv_sec = (time_t)later,
                                     .tv_nsec = (long)((later - (double)(time_t)later) * 1e9)},
                  NULL);
        code = serve(&server, (uint16_t)(argc > 3 ? strtoul(argv[3], NULL, 10) : 0));
        seen_destroy(server.seen);
    }
    brain_close(server.brain);
    script_clear(&server.script);
    return code;
}
