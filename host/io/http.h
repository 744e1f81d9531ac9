/* SPDX-License-Identifier: MIT */
/* HTTP client on the event loop (libcurl multi with socket_action). Connections are kept and
 * reused; TLS is verified, and HTTP/2 spoken with it where the server offers that; redirects are
 * not followed. HTTPS_PROXY, http_proxy and NO_PROXY count, but for this machine itself. */
#pragma once

#include "base/err.h"
#include "io/loop.h"

struct http_client;

/* max_connections is also the number of requests that run at once; more wait for their turn, and
 * their limits of time start with it. Raises the soft limit of open files where that is needed. */
struct http_client *http_client_create(struct loop *loop, size_t max_connections, struct err *err);
/* Cancels what runs. Before loop_stop and not on the loop thread; NULL is fine. */
void http_client_destroy(struct http_client *client);

/* How an exchange ended. */
enum http_end {
    HTTP_DONE,      /* there is a status */
    HTTP_CONNECT,   /* refused, no route, name not found */
    HTTP_TLS,       /* certificate or handshake */
    HTTP_TIMEOUT,   /* a limit of time passed */
    HTTP_STALLED,   /* nothing came or went for stall_ms */
    HTTP_BROKEN,    /* closed early, malformed, reset */
    HTTP_TOO_LARGE, /* more than max_bytes, or more than 64 KiB of headers */
    HTTP_CANCELLED,
    HTTP_INVALID, /* the request itself: bad URL, unsupported scheme */
};

/* Who is at the other end, where that is more than the URL says. NULL: as usual. */
struct http_peer {
    const char *ca_file;     /* certificates to trust (PEM), instead of SSL_CERT_FILE's */
    const char *client_cert; /* PEM files */
    const char *client_key;
    const char *unix_socket; /* path; the URL's host is named in the request only */
};

struct http_request {
    /* Filled by the caller; the memory stays until done was called. */
    const char *method; /* "GET", "POST", ... */
    const char *url;
    bool lasting_url;             /* one of few that are asked for again and again: read once */
    const struct http_peer *peer; /* or NULL */
    const char *const *headers;   /* "Name: value", ended by NULL; secrets allowed, never logged */
    struct str body;
    /* For bodies of which thousands would wait for their replies; or both NULL. make_body sets
     * `body` where it is empty when it is to be sent, also once more; drop_body empties it when it
     * has been sent. Loop thread. */
    void (*make_body)(struct http_request *request);
    void (*drop_body)(struct http_request *request);
    uint32_t timeout_ms;         /* whole exchange; 0: none */
    uint32_t connect_timeout_ms; /* 0: 10,000 */
    uint32_t low_speed_ms;       /* give up when nothing came for so long; 0: never */
    uint32_t stall_ms; /* the same, but not while a whole request waits for its reply; 0: never */
    size_t max_bytes;  /* of the reply's body; 0: 16 MiB */
    void (*done)(struct http_request *request); /* loop thread, exactly once */

    /* Filled before done. */
    enum http_end end;
    int status;
    char error[256];       /* text for people when end is not HTTP_DONE */
    struct buf body_in;    /* the caller frees it */
    struct buf headers_in; /* "name: value\n", names in lower case, at most 64 KiB */
    uint64_t elapsed_us;
    uint64_t out_us; /* clock_monotonic_us when it last had its connection; 0: never */

    void *internal;
    struct loop_task task;
};

void http_send(struct http_client *client, struct http_request *request); /* any thread */
/* Loop thread. done is called with HTTP_CANCELLED, mostly before this returns; nothing happens if
 * it was called already. */
void http_cancel(struct http_client *client, struct http_request *request);
/* A header's value in headers_in; empty if there is none. */
struct str http_header(const struct http_request *request, const char *lower_name);
/* Sends and waits; not on the loop thread. */
void http_send_wait(struct http_client *client, struct http_request *request);
