/* SPDX-License-Identifier: MIT */
#include "io/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/thread.h"

#define DEFAULT_MAX_BODY (64u << 20)
/* Of a body that is too large so much is read and dropped, so that the answer gets through. */
#define MAX_DROPPED (64u << 20)
#define CONNECTION_MEMORY (16u << 10)
#define MAX_CONNECTIONS 20000u
#define IDLE_SECONDS 300u

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
};

/* What is collected of one request. */
struct incoming {
    char *uri; /* as sent */
    struct buf body;
    size_t dropped;
    bool seen;
};

static enum MHD_Result reply(struct MHD_Connection *connection, struct server_response *response)
{
    size_t len = response->body.len;
    struct MHD_Response *out =
        MHD_create_response_from_buffer(len, buf_steal(&response->body), MHD_RESPMEM_MUST_FREE);
    if (!out)
        return MHD_NO;
    if (response->content_type)
        MHD_add_response_header(out, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    if (response->retry_after) {
        char seconds[16];
        snprintf(seconds, sizeof(seconds), "%u", response->retry_after);
        MHD_add_response_header(out, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (response->location[0])
        MHD_add_response_header(out, MHD_HTTP_HEADER_LOCATION, response->location);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)response->status, out);
    MHD_destroy_response(out);
    return result;
}

static enum MHD_Result reply_too_large(struct server *server, struct MHD_Connection *connection)
{
    struct server_response response = {.status = MHD_HTTP_CONTENT_TOO_LARGE,
                                       .content_type = "text/plain"};
    buf_printf(&response.body, "the body is larger than %zu bytes\n", server->options.max_body);
    return reply(connection, &response);
}

static enum MHD_Result answer(struct server *server, struct MHD_Connection *connection,
                              const char *method, struct incoming *in)
{
    struct server_response response = {.status = MHD_HTTP_OK};
    struct str query = str_of(in->uri), path = str_cut(&query, '?');
    if (in->dropped)
        return reply_too_large(server, connection);
    struct server_request request = {
        .method = str_of(method),
        .path = path,
        .query = query.ptr ? query : (struct str){"", 0},
        .body = buf_view(&in->body),
        .authorization =
            str_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization")),
    };
    server->options.handle(server->options.arg, &request, &response);
    return reply(connection, &response);
}

/* The first sight of a request, before the path is decoded and the query is taken apart. */
static void *on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct incoming *in = mem_alloc(sizeof(*in));
    in->uri = mem_dup(uri, strlen(uri));
    in->body.limit = ((struct server *)arg)->options.max_body;
    return in;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    struct server *server = arg;
    struct incoming *in = *state;
    if (!in->seen) {
        in->seen = true;
        return MHD_YES;
    }
    if (*size == 0)
        return answer(server, connection, method, in);
    if (!in->dropped)
        buf_add(&in->body, data, *size);
    if (in->body.failed) {
        buf_free(&in->body);
        in->dropped += *size;
    }
    *size = 0;
    return in->dropped > MAX_DROPPED ? MHD_NO : MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode how)
{
    struct incoming *in = *state;
    if (!in)
        return;
    buf_free(&in->body);
    mem_free(in->uri);
    mem_free(in);
    *state = NULL;
}

static struct MHD_Daemon *start_daemon(struct server *server, struct sockaddr_in *address)
{
    size_t threads = server->options.threads;
    sigset_t old;
    thread_mask(&old);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR,
        address, MHD_OPTION_URI_LOG_CALLBACK, on_uri, server, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)(threads > 1 ? threads : 0),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_END);
    int number = errno;
    thread_unmask(&old);
    errno = number;
    return daemon;
}

int server_start(const struct server_options *options, struct server **out, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    const char *host = options->address ? options->address : "127.0.0.1";
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        return err_set(err, EXIT_USAGE, "%s is not an IPv4 address, as 127.0.0.1 is", host);
    struct server *server = mem_alloc(sizeof(*server));
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    server->options = *options;
    server->options.address = NULL; /* the caller's memory */
    if (!server->options.threads)
        server->options.threads = (size_t)(processors > 1 ? processors : 1);
    if (!server->options.max_body)
        server->options.max_body = DEFAULT_MAX_BODY;
    server->daemon = start_daemon(server, &address);
    if (!server->daemon) {
        int code = err_set(err, EXIT_UNAVAILABLE, "cannot listen on %s:%u: %s", host, options->port,
                           strerror(errno));
        mem_free(server);
        return code;
    }
    *out = server;
    return 0;
}

uint16_t server_port(const struct server *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : server->options.port;
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    MHD_stop_daemon(server->daemon);
    mem_free(server);
}
