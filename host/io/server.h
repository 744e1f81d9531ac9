/* SPDX-License-Identifier: MIT */
/* A small HTTP server on 127.0.0.1 (libmicrohttpd), for everything we offer over HTTP. */
#pragma once

#include "base/err.h"

struct server;

struct server_request {
    struct str method;
    struct str path; /* as sent: not decoded, without the query */
    struct str query;
    struct str body;
    struct str authorization;
};

/* Filled by the handler; body belongs to the server afterwards. */
struct server_response {
    int status;
    const char *content_type;
    struct buf body;
    uint32_t retry_after; /* seconds; 0: no header */
    char location[512];   /* empty: no header */
};

/* The handler runs on the server's threads, several at once. */
struct server_options {
    const char *address; /* NULL: 127.0.0.1 */
    uint16_t port;       /* 0: a free one */
    size_t threads;      /* 0: one per processor */
    size_t max_body;     /* 0: 64 MiB */
    void (*handle)(void *arg, const struct server_request *request,
                   struct server_response *response);
    void *arg;
};

int server_start(const struct server_options *options, struct server **out, struct err *err);
uint16_t server_port(const struct server *server);
void server_stop(struct server *server); /* NULL is fine */
