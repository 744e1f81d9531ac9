/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "io/http_internal.h"

#define DEFAULT_MAX_BYTES (16u << 20)
#define DEFAULT_CONNECT_MS 10000L
/* What curl allocates per transfer, thousands of which wait at once. */
#define RECEIVE_BUFFER 1024L
#define SEND_BUFFER 16384L
/* Larger bodies are sent from where they are, and what is counted as sent may be headers. */
#define MOST_DROPPED (60u << 10)
/* curl looks through all connections of a multi handle for one that is free, so there are several
 * handles with few connections each. */
#define LANE_SIZE 128
/* curl starts a thread for each lookup of a name that it does not know yet. */
#define MAX_LOOKUPS 32
/* A request has its body in memory until its connection stands. */
#define MAX_CONNECTING 1024
#define SWEEP_MS 250

struct lane {
    struct http_client *client;
    CURLM *multi;
    struct loop_timer *timer;
    size_t size;
    struct lane *next;
};

/* A transfer with its easy handle, reused from request to request. It stays in its lane: the one
 * used last leaves a free connection in the lane that the next one is taken from. */
struct exchange {
    struct lane *lane;
    struct http_request *request; /* while it is active */
    CURL *easy;
    struct exchange *next, *prev;
    uint64_t started_us, heard_us;
    curl_off_t sent;
    size_t read_again; /* of a body that had been let go */
    size_t header_bytes;
    bool heard, too_large, connecting, connected, looking_up;
    bool in_headers; /* of the last reply that began */
    int opened;      /* newest socket since the last connection that came about, else -1 */
    bool direct;     /* no proxy */
    bool has_peer;
    void *url;       /* of urls, if it is one of these */
    char custom[16]; /* method that differs from curl's own */
    struct curl_slist *headers;
    size_t header_room;
};

struct http_client {
    struct loop *loop;
    struct lane *lanes;
    CURLSH *share;
    struct loop_timer *sweeper;
    struct exchange *active, *free;
    size_t active_count, max_active, lookups, connecting;
    struct loop_task *waiting, **waiting_last;
    struct http_sockets sockets;
    struct http_urls urls;
    size_t posted; /* atomic: sent and not seen yet */
    char *ca_file; /* of SSL_CERT_FILE, or libcurl's own */
    bool closing, sweeping, kicked;
    struct loop_task task, kick_task;
    sem_t closed;
};

static struct http_request *request_of(struct loop_task *task)
{
    return (struct http_request *)((char *)task - offsetof(struct http_request, task));
}

static void end_request(struct http_request *r, enum http_end end, const char *text)
{
    r->internal = NULL;
    r->end = end;
    r->error[0] = '\0';
    if (*text)
        snprintf(r->error, sizeof(r->error), "%s", text);
    r->done(r);
}

static void launch(struct http_client *client);

static void on_kick(struct loop_task *task)
{
    struct http_client *client =
        (struct http_client *)((char *)task - offsetof(struct http_client, kick_task));
    client->kicked = false;
    launch(client);
}

/* Starts what waits, but not from within a callback of curl's. */
static void kick(struct http_client *client)
{
    if (!client->waiting || client->kicked)
        return;
    client->kicked = true;
    client->kick_task.fn = on_kick;
    loop_post(client->loop, &client->kick_task);
}

static void lookup_over(struct exchange *x)
{
    if (!x->looking_up)
        return;
    x->looking_up = false;
    x->lane->client->lookups--;
    kick(x->lane->client);
}

static void connecting_over(struct exchange *x)
{
    if (!x->connecting)
        return;
    x->connecting = false;
    if (x->lane->client->connecting-- >= MAX_CONNECTING)
        kick(x->lane->client);
}

/* The exchange is out of its multi handle already. */
static void finish(struct exchange *x, enum http_end end, const char *text)
{
    struct http_client *client = x->lane->client;
    struct http_request *r = x->request;
    lookup_over(x);
    connecting_over(x);
    if (x->prev)
        x->prev->next = x->next;
    else
        client->active = x->next;
    if (x->next)
        x->next->prev = x->prev;
    client->active_count--;
    curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, NULL);
    x->next = client->free;
    client->free = x;
    kick(client);
    r->elapsed_us = clock_monotonic_us() - x->started_us;
    end_request(r, end, text);
}

static void stop(struct exchange *x, enum http_end end, const char *text)
{
    /* curl closes a socket that does not connect any more by itself, and only then takes its watch
     * away: by that time the number may be another thread's file. */
    if (x->opened >= 0)
        http_sockets_forget(&x->lane->client->sockets, x->opened);
    x->opened = -1;
    curl_multi_remove_handle(x->lane->multi, x->easy);
    finish(x, end, text);
}

static enum http_end end_of(const struct exchange *x, CURLcode code)
{
    switch ((int)code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return HTTP_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return HTTP_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMEOUT;
    case CURLE_FILESIZE_EXCEEDED:
        return HTTP_TOO_LARGE;
    case CURLE_URL_MALFORMAT:
        return HTTP_INVALID;
    case CURLE_UNSUPPORTED_PROTOCOL: /* also a reply that is not HTTP/1 */
        return x->connected ? HTTP_BROKEN : HTTP_INVALID;
    default:
        return x->too_large ? HTTP_TOO_LARGE : HTTP_BROKEN;
    }
}

static void complete(struct exchange *x, CURLcode code)
{
    char text[sizeof(x->request->error)] = "";
    enum http_end end = code == CURLE_OK ? HTTP_DONE : end_of(x, code);
    if (end == HTTP_DONE && x->in_headers) { /* curl takes that for a whole reply */
        end = HTTP_BROKEN;
        snprintf(text, sizeof(text), "the reply ends within its headers");
    } else if (end == HTTP_DONE) {
        long status = 0;
        curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
        x->request->status = (int)status;
    } else if (x->too_large) {
        snprintf(text, sizeof(text), "the reply is larger than the limit");
    } else {
        snprintf(text, sizeof(text), "%s",
                 x->request->error[0] ? x->request->error : curl_easy_strerror(code));
    }
    stop(x, end, text);
}

static void collect(struct lane *lane)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(lane->multi, &left))) {
        char *x;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &x);
        complete((struct exchange *)(void *)x, code);
    }
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct exchange *x = arg;
    struct http_request *r = x->request;
    size_t len = size * count;
    size_t limit = r->max_bytes ? r->max_bytes : DEFAULT_MAX_BYTES;
    x->heard = true;
    x->too_large = len > limit - r->body_in.len;
    if (!x->too_large)
        buf_add(&r->body_in, data, len);
    x->too_large |= r->body_in.failed;
    return x->too_large ? 0 : len;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    struct exchange *x = arg;
    struct http_request *r = x->request;
    size_t len = size * count;
    struct str line = str_trim((struct str){data, len});
    x->heard = true;
    x->header_bytes += len;
    x->in_headers = line.len > 0;
    if (str_starts(line, "HTTP/"))
        buf_reset(&r->headers_in);
    else
        http_request_header(&r->headers_in, line);
    x->too_large = x->header_bytes > HTTP_MAX_HEADER_BYTES || r->headers_in.failed;
    return x->too_large ? 0 : len;
}

/* Only for a body that was let go: curl sends a request again when a connection that it had kept
 * turns out to be closed. */
static size_t read_body(char *to, size_t size, size_t count, void *arg)
{
    struct exchange *x = arg;
    struct http_request *r = x->request;
    if (!r->body.len && r->make_body)
        r->make_body(r);
    size_t left = r->body.len > x->read_again ? r->body.len - x->read_again : 0;
    size_t len = left < size * count ? left : size * count;
    if (len)
        memcpy(to, r->body.ptr + x->read_again, len);
    x->read_again += len;
    return len;
}

static int seek_body(void *arg, curl_off_t offset, int origin)
{
    ((struct exchange *)arg)->read_again = (size_t)offset;
    return origin == SEEK_SET && offset >= 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK;
}

static void drop_sent_body(struct exchange *x)
{
    struct http_request *r = x->request;
    curl_off_t sent = 0; /* by the request before, until this one is connected */
    if (!r->drop_body || !r->body.len || r->body.len > MOST_DROPPED || x->read_again)
        return;
    curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    if (!x->connected || (size_t)sent < r->body.len)
        return;
    curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, NULL);
    r->drop_body(r);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct exchange *x = arg;
    lookup_over(x);
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    x->opened = fd;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    http_sockets_opened(&x->lane->client->sockets, fd, x->lane);
    return fd;
}

/* CURLINFO_ACTIVESOCKET does not know the connection of a first transfer yet. */
static int on_connected(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct exchange *x = arg;
    x->connected = true;
    x->request->out_us = clock_monotonic_us();
    lookup_over(x);
    connecting_over(x);
    if (x->opened >= 0 && http_socket_has_port(x->opened, local_port))
        http_sockets_connected(&x->lane->client->sockets, x->opened);
    x->opened = -1;
    return CURL_PREREQFUNC_OK;
}

static int close_socket(void *arg, curl_socket_t fd)
{
    http_sockets_forget(&((struct http_client *)arg)->sockets, fd);
    return close(fd);
}

static void on_ready(void *arg, int fd, int events)
{
    struct lane *lane = arg;
    int what = 0, running;
    if (events & LOOP_READ)
        what |= CURL_CSELECT_IN;
    if (events & LOOP_WRITE)
        what |= CURL_CSELECT_OUT;
    if (events & LOOP_ERROR)
        what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(lane->multi, fd, what, &running);
    collect(lane);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct lane *lane = arg;
    struct http_sockets *sockets = &lane->client->sockets;
    if (what == CURL_POLL_REMOVE) {
        http_sockets_unwant(sockets, fd);
        return 0;
    }
    char *x = NULL;
    if (what == CURL_POLL_IN && curl_easy_getinfo(easy, CURLINFO_PRIVATE, &x) == CURLE_OK && x)
        drop_sent_body((struct exchange *)(void *)x);
    int wanted = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);
    return http_sockets_want(sockets, fd, lane, wanted) ? 0 : -1;
}

static void on_timeout(void *arg)
{
    struct lane *lane = arg;
    int running;
    curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(lane);
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct lane *lane = arg;
    ms < 0 ? loop_timer_stop(lane->timer) : loop_timer_start(lane->timer, (uint64_t)ms);
    return 0;
}

static bool is_swept(const struct http_request *request)
{
    return request->low_speed_ms || request->stall_ms;
}

/* How it ends if it has been silent for too long, else HTTP_DONE. */
static enum http_end silence(struct exchange *x, uint64_t now)
{
    curl_off_t sent = 0;
    if (!is_swept(x->request))
        return HTTP_DONE;
    curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    if (x->heard || sent != x->sent)
        x->heard_us = now;
    x->heard = false;
    x->sent = sent;
    const struct http_request *r = x->request;
    uint64_t silent_ms = (now - x->heard_us) / 1000;
    bool moving = x->header_bytes > 0 || (size_t)sent < r->body.len;
    if (r->low_speed_ms && silent_ms >= r->low_speed_ms)
        return HTTP_TIMEOUT;
    return r->stall_ms && moving && silent_ms >= r->stall_ms ? HTTP_STALLED : HTTP_DONE;
}

/* curl's own limit of this kind costs a timer per second and transfer. */
static void sweep(void *arg)
{
    struct http_client *client = arg;
    uint64_t now = clock_monotonic_us();
    bool any = false;
    for (struct exchange *x = client->active; x;) {
        enum http_end end = silence(x, now);
        any |= is_swept(x->request);
        drop_sent_body(x);
        if (end != HTTP_DONE) {
            stop(x, end, "nothing came for too long");
            x = client->active; /* done() may have ended others */
        } else {
            x = x->next;
        }
    }
    client->sweeping = any;
    if (any)
        loop_timer_start(client->sweeper, SWEEP_MS);
}

static struct lane *lane_create(struct http_client *client)
{
    struct lane *lane = mem_alloc(sizeof(*lane));
    lane->client = client;
    lane->timer = loop_timer_create(client->loop, on_timeout, lane);
    lane->multi = curl_multi_init();
    if (!lane->multi)
        mem_exhausted();
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, (long)LANE_SIZE);
    lane->next = client->lanes;
    client->lanes = lane;
    return lane;
}

static void set_callbacks(struct exchange *x)
{
    curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(x->easy, CURLOPT_READFUNCTION, read_body);
    curl_easy_setopt(x->easy, CURLOPT_READDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_SEEKFUNCTION, seek_body);
    curl_easy_setopt(x->easy, CURLOPT_SEEKDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(x->easy, CURLOPT_PREREQDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(x->easy, CURLOPT_OPENSOCKETDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(x->easy, CURLOPT_CLOSESOCKETDATA, x->lane->client);
}

static struct exchange *exchange_create(struct http_client *client)
{
    struct exchange *x = mem_alloc(sizeof(*x));
    x->lane = client->lanes;
    if (!x->lane || x->lane->size == LANE_SIZE)
        x->lane = lane_create(client);
    x->lane->size++;
    x->easy = curl_easy_init();
    if (!x->easy)
        mem_exhausted();
    set_callbacks(x);
    curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(x->easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(x->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(x->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(x->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(x->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(x->easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
    curl_easy_setopt(x->easy, CURLOPT_UPLOAD_BUFFERSIZE, SEND_BUFFER);
    curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(x->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(x->easy, CURLOPT_SHARE, client->share);
    if (client->ca_file)
        curl_easy_setopt(x->easy, CURLOPT_CAINFO, client->ca_file);
    return x;
}

static struct exchange *exchange_take(struct http_client *client, struct http_request *r)
{
    _Static_assert(sizeof(r->error) >= CURL_ERROR_SIZE, "curl fills it");
    struct exchange *x = client->free;
    if (x)
        client->free = x->next;
    else
        x = exchange_create(client);
    x->request = r;
    curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, r->error);
    x->heard = x->too_large = x->connected = x->in_headers = false;
    x->opened = -1;
    x->header_bytes = x->read_again = 0;
    x->sent = 0;
    x->started_us = x->heard_us = clock_monotonic_us();
    x->prev = NULL;
    x->next = client->active;
    if (x->next)
        x->next->prev = x;
    client->active = x;
    client->active_count++;
    r->internal = x;
    return x;
}

static void set_peer(struct exchange *x)
{
    static const struct http_peer none;
    const struct http_peer *peer = x->request->peer ? x->request->peer : &none;
    if (!x->request->peer && !x->has_peer)
        return;
    x->has_peer = x->request->peer;
    const char *ca = peer->ca_file ? peer->ca_file : x->lane->client->ca_file;
    if (ca)
        curl_easy_setopt(x->easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(x->easy, CURLOPT_SSLCERT, peer->client_cert);
    curl_easy_setopt(x->easy, CURLOPT_SSLKEY, peer->client_key);
    curl_easy_setopt(x->easy, CURLOPT_UNIX_SOCKET_PATH, peer->unix_socket);
}

/* A parsed URL comes before the text, which is then what curl shows. */
static void set_url(struct exchange *x)
{
    const struct http_request *r = x->request;
    void *url = r->lasting_url ? http_urls_get(&x->lane->client->urls, r->url) : NULL;
    if (url && url == x->url)
        return;
    x->url = url;
    curl_easy_setopt(x->easy, CURLOPT_URL, r->url);
    curl_easy_setopt(x->easy, CURLOPT_CURLU, url);
}

static void set_host(struct exchange *x)
{
    bool direct;
    http_request_target(x->request->url, &direct, &x->looking_up);
    if (x->request->peer && x->request->peer->unix_socket) {
        direct = true;
        x->looking_up = false;
    }
    set_peer(x);
    if (direct != x->direct) { /* NULL: curl asks the environment for each request */
        curl_easy_setopt(x->easy, CURLOPT_PROXY, direct ? "" : NULL);
        curl_easy_setopt(x->easy, CURLOPT_NOPROXY, direct ? "" : NULL);
    }
    x->direct = direct;
    x->lane->client->lookups += x->looking_up;
    set_url(x);
}

static void set_method(struct exchange *x)
{
    const struct http_request *r = x->request;
    const char *method = r->method ? r->method : r->body.len ? "POST" : "GET";
    const char *own = "GET";
    if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
        own = "HEAD";
    } else if (r->body.len || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
        curl_easy_setopt(x->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, r->body.len ? r->body.ptr : "");
        curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        own = "POST";
    } else {
        curl_easy_setopt(x->easy, CURLOPT_HTTPGET, 1L);
    }
    if (strcmp(method, own) == 0)
        method = "";
    if (strcmp(method, x->custom) == 0)
        return;
    curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, *method ? method : NULL);
    snprintf(x->custom, sizeof(x->custom), "%s", method);
}

static void set_headers(struct exchange *x)
{
    const char *lines[HTTP_MAX_HEADERS + 2];
    size_t count = http_request_lines(x->request, lines);
    if (count > x->header_room) {
        x->headers = mem_grow(x->headers, count * sizeof(*x->headers));
        x->header_room = count;
    }
    for (size_t i = 0; i < count; i++) {
        x->headers[i].data = (char *)(uintptr_t)lines[i];
        x->headers[i].next = i + 1 < count ? &x->headers[i + 1] : NULL;
    }
    curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
}

static void set_limits(struct exchange *x)
{
    const struct http_request *r = x->request;
    bool bodiless = r->method && strcmp(r->method, "HEAD") == 0;
    size_t most = bodiless ? 0 : r->max_bytes ? r->max_bytes : DEFAULT_MAX_BYTES;
    curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
    curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT_MS,
                     r->connect_timeout_ms ? (long)r->connect_timeout_ms : DEFAULT_CONNECT_MS);
    curl_easy_setopt(x->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)most);
}

static void begin(struct http_client *client, struct http_request *r)
{
    const char *fault = http_request_fault(r);
    if (fault) {
        end_request(r, HTTP_INVALID, fault);
        return;
    }
    if (!r->body.len && r->make_body)
        r->make_body(r);
    struct exchange *x = exchange_take(client, r);
    set_host(x);
    set_method(x);
    set_headers(x);
    set_limits(x);
    x->connecting = true;
    client->connecting++;
    if (is_swept(r) && !client->sweeping) {
        client->sweeping = true;
        if (!client->sweeper)
            client->sweeper = loop_timer_create(client->loop, sweep, client);
        loop_timer_start(client->sweeper, SWEEP_MS);
    }
    if (curl_multi_add_handle(x->lane->multi, x->easy) != CURLM_OK)
        finish(x, HTTP_INVALID, "the request could not be started");
}

static void launch(struct http_client *client)
{
    while (client->waiting && client->active_count < client->max_active &&
           client->lookups < MAX_LOOKUPS && client->connecting < MAX_CONNECTING) {
        struct loop_task *task = client->waiting;
        client->waiting = task->next;
        if (!client->waiting)
            client->waiting_last = &client->waiting;
        begin(client, request_of(task));
    }
}

static void start(struct loop_task *task)
{
    struct http_request *r = request_of(task);
    struct http_client *client = r->internal;
    __atomic_fetch_sub(&client->posted, 1, __ATOMIC_RELAXED);
    if (client->closing || r->end == HTTP_CANCELLED) {
        end_request(r, HTTP_CANCELLED, "cancelled");
        return;
    }
    task->next = NULL;
    *client->waiting_last = task;
    client->waiting_last = &task->next;
    launch(client);
}

void http_send(struct http_client *client, struct http_request *request)
{
    request->internal = client;
    request->status = 0;
    request->end = HTTP_DONE;
    request->error[0] = '\0';
    request->elapsed_us = request->out_us = 0;
    buf_reset(&request->body_in);
    buf_reset(&request->headers_in);
    request->task.fn = start;
    __atomic_fetch_add(&client->posted, 1, __ATOMIC_RELAXED);
    loop_post(client->loop, &request->task);
}

static bool take_waiting(struct http_client *client, struct http_request *request)
{
    for (struct loop_task **link = &client->waiting; *link; link = &(*link)->next) {
        if (*link != &request->task)
            continue;
        *link = request->task.next;
        if (!*link)
            client->waiting_last = link;
        return true;
    }
    return false;
}

void http_cancel(struct http_client *client, struct http_request *request)
{
    if (!request->internal)
        return;
    if (request->internal != client)
        stop(request->internal, HTTP_CANCELLED, "cancelled");
    else if (take_waiting(client, request))
        end_request(request, HTTP_CANCELLED, "cancelled");
    else
        request->end = HTTP_CANCELLED; /* start() sees it */
}

static void *parse_url(const char *text)
{
    CURLU *url = curl_url();
    if (!url || curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK)
        return url;
    curl_url_cleanup(url);
    return NULL;
}

static void free_url(void *url)
{
    curl_url_cleanup(url);
}

static void global_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Where certificates are looked for: the file that the environment names, else libcurl's own. */
static char *ca_file(void)
{
    const char *given = getenv("SSL_CERT_FILE");
    char *own = NULL, *out = NULL;
    if (given && *given)
        return mem_dup(given, strlen(given));
    CURL *easy = curl_easy_init();
    if (easy && curl_easy_getinfo(easy, CURLINFO_CAINFO, &own) == CURLE_OK && own)
        out = mem_dup(own, strlen(own));
    curl_easy_cleanup(easy);
    return out;
}

struct http_client *http_client_create(struct loop *loop, size_t max_connections, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (http_raise_file_limit(max_connections, LANE_SIZE, err))
        return NULL;
    pthread_once(&once, global_init);
    struct http_client *client = mem_alloc(sizeof(*client));
    client->loop = loop;
    client->sockets = (struct http_sockets){.loop = loop, .ready = on_ready};
    client->urls = (struct http_urls){.parse = parse_url, .free = free_url};
    client->max_active = max_connections ? max_connections : 1;
    client->waiting_last = &client->waiting;
    client->ca_file = ca_file();
    client->share = curl_share_init();
    if (!client->share)
        mem_exhausted();
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    sem_init(&client->closed, 0, 0);
    return client;
}

static void cleanup(struct http_client *client)
{
    while (client->free) {
        struct exchange *x = client->free;
        client->free = x->next;
        curl_easy_cleanup(x->easy);
        mem_free(x->headers);
        mem_free(x);
    }
    while (client->lanes) {
        struct lane *lane = client->lanes;
        client->lanes = lane->next;
        curl_multi_cleanup(lane->multi);
        loop_timer_destroy(lane->timer);
        mem_free(lane);
    }
    http_urls_clear(&client->urls);
    curl_share_cleanup(client->share);
    loop_timer_destroy(client->sweeper);
    sem_post(&client->closed);
}

/* Goes round until nothing that was sent meanwhile is on its way. */
static void teardown(struct loop_task *task)
{
    struct http_client *client =
        (struct http_client *)((char *)task - offsetof(struct http_client, task));
    client->closing = true;
    while (client->waiting)
        http_cancel(client, request_of(client->waiting));
    while (client->active)
        http_cancel(client, client->active->request);
    if (client->kicked || __atomic_load_n(&client->posted, __ATOMIC_RELAXED) > 0)
        loop_post(client->loop, task);
    else
        cleanup(client);
}

void http_client_destroy(struct http_client *client)
{
    if (!client)
        return;
    client->task.fn = teardown;
    loop_post(client->loop, &client->task);
    while (sem_wait(&client->closed) != 0)
        continue;
    sem_destroy(&client->closed);
    mem_free(client->sockets.items);
    mem_free(client->ca_file);
    mem_free(client);
}
