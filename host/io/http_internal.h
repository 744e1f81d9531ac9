/* SPDX-License-Identifier: MIT */
/* What the HTTP client knows without libcurl: its sockets, and how a request is read. Loop thread
 * only. */
#pragma once

#include "io/http.h"

#define HTTP_MAX_HEADERS 24
#define HTTP_MAX_HEADER_BYTES (64u << 10)

/* http_request.c. What is wrong with a request before it starts, or NULL: a static text, which
 * shows none of its values, because they may be secret. */
const char *http_request_fault(const struct http_request *request);
/* May the host be reached without a proxy (this machine), and does its name have to be looked up?
 */
void http_request_target(const char *url, bool *out_direct, bool *out_lookup);
/* So that so many connections, in lanes of so many, can be open. EXIT_CONFIG if they cannot. */
int http_raise_file_limit(size_t connections, size_t per_lane, struct err *err);
/* The lines that curl is to send or, without a value, to leave out: at most as many as out has room
 * for, two more than the request has headers. */
size_t http_request_lines(const struct http_request *request, const char **out);
/* Adds a header line to headers_in; one without a name is left out. */
void http_request_header(struct buf *headers, struct str line);

/* http_url.c: lasting URLs, which curl would otherwise read, and write anew, for each request. */
#define HTTP_MAX_URLS 16

struct http_urls {
    void *(*parse)(const char *url);
    void (*free)(void *parsed);
    struct {
        char *text;
        void *parsed;
    } items[HTTP_MAX_URLS];
    size_t count;
};

/* A URL as parsed; it lives as long as the table. NULL: the table is full, or curl is to read the
 * URL itself. */
void *http_urls_get(struct http_urls *urls, const char *url);
void http_urls_clear(struct http_urls *urls); /* after all easy handles */

/*
 * http_sockets.c: the watches of sockets, by their number. Each socket has an owner, who is told
 * what it is ready for.
 *
 * A connection stays watched for reading when its transfer is over: the next one wants just that,
 * and the kernel need not be told twice per request. libcurl says when it closes a connection. It
 * does not (7.88 to 8.1) when it closes an attempt to connect: those are forgotten as soon as
 * nobody wants them.
 */
struct http_socket {
    struct loop_watch *watch;
    void *owner;
    int wanted;     /* events; 0: no transfer uses it now */
    bool connected; /* stays watched until http_sockets_forget */
};

struct http_sockets {
    struct loop *loop;
    void (*ready)(void *owner, int fd, int events);
    struct http_socket *items; /* by number */
    size_t count;
};

/* A new socket of this owner. If its number is that of one whose end the owner has not heard of,
 * it is watched as that one was. */
void http_sockets_opened(struct http_sockets *sockets, int fd, void *owner);
void http_sockets_connected(struct http_sockets *sockets, int fd);
/* Is this the socket's own port? */
bool http_socket_has_port(int fd, int port);
/* False if it cannot be watched. */
bool http_sockets_want(struct http_sockets *sockets, int fd, void *owner, int events);
void http_sockets_unwant(struct http_sockets *sockets, int fd);
/* Before it is closed. */
void http_sockets_forget(struct http_sockets *sockets, int fd);
