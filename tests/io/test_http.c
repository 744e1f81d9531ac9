/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../model/faulty.h"
#include "base/clock.h"
#include "base/mem.h"
#include "io/http.h"
#include "io/server.h"
#include "resources.h"

#define OK "HTTP/1.1 200 OK\r\n"

static struct loop *loop;
static struct http_client *client;

static void open_client(size_t max_connections)
{
    struct err err = {0};
    loop = loop_start(&err);
    client = loop ? http_client_create(loop, max_connections, &err) : NULL;
    if (!client)
        fail_msg("%s", err.text);
}

static void close_client(void)
{
    http_client_destroy(client);
    loop_stop(loop);
}

static void request_clear(struct http_request *request)
{
    buf_free(&request->body_in);
    buf_free(&request->headers_in);
}

static void expect_end(const struct http_request *r, enum http_end end)
{
    if (r->end != end)
        fail_msg("end %d, not %d: %s", (int)r->end, (int)end, r->error);
    assert_int_equal(strlen(r->error) > 0, end != HTTP_DONE);
    assert_null(r->internal);
}

/* One request against prescribed bytes; the caller clears it. */
static void play(const struct faulty_reply *reply, struct http_request *request)
{
    char url[64];
    struct faulty *faulty = faulty_start(reply, 1);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/x", faulty_port(faulty));
    request->url = url;
    open_client(4);
    http_send_wait(client, request);
    close_client();
    faulty_stop(faulty);
    request->url = NULL;
}

static void expect_play(const char *bytes, enum http_end end)
{
    struct http_request r = {.timeout_ms = 60000};
    play(&(struct faulty_reply){.bytes = bytes}, &r);
    expect_end(&r, end);
    request_clear(&r);
}

static void sends_what_it_was_given(void **state)
{
    static const char *const headers[] = {"X-One: 1", "X-Two: a b", NULL};
    static const struct faulty_reply replies[] = {{.bytes = OK "Connection: close\r\n\r\nok"}};
    struct faulty *faulty = faulty_start(replies, 1);
    char url[64];
    snprintf(url, sizeof(url), "http://localhost:%u/p/q?r=1", faulty_port(faulty));
    open_client(4);
    struct http_request r = {
        .method = "PATCH", .url = url, .headers = headers, .body = STR("body\0x")};
    r.body.len = 6;
    http_send_wait(client, &r);
    expect_end(&r, HTTP_DONE);
    CLEANUP_FREE char *sent = faulty_last(faulty);
    assert_memory_equal(sent, "PATCH /p/q?r=1 HTTP/1.1\r\n", 25);
    assert_non_null(strstr(sent, "\r\nX-One: 1\r\nX-Two: a b\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Length: 6\r\n"));
    assert_non_null(strstr(sent, "\r\n\r\nbody"));
    assert_null(strstr(sent, "Content-Type"));
    assert_null(strstr(sent, "Expect"));
    request_clear(&r);
    /* The same handle, another kind of request. */
    r = (struct http_request){.url = url};
    http_send_wait(client, &r);
    expect_end(&r, HTTP_DONE);
    CLEANUP_FREE char *second = faulty_last(faulty);
    assert_memory_equal(second, "GET /p/q?r=1 HTTP/1.1\r\n", 23);
    assert_null(strstr(second, "X-One"));
    assert_null(strstr(second, "Content-Length"));
    request_clear(&r);
    close_client();
    faulty_stop(faulty);
}

/* What a URL leads to does not depend on the handle's last one, nor on how many others last. */
static void keeps_lasting_urls_apart(void **state)
{
    static const struct faulty_reply replies[] = {{.bytes = OK "Connection: close\r\n\r\nok"}};
    struct faulty *faulty = faulty_start(replies, 1);
    unsigned draw = 1;
    open_client(1); /* one handle */
    for (int round = 0; round < 120; round++) {
        char url[64], line[64];
        draw = draw * 1103515245u + 12345u;
        unsigned path = draw >> 16;
        bool user = path % 7 == 0;
        snprintf(url, sizeof(url), "http://%s127.0.0.1:%u/p/%u?q=%u", user ? "u:p@" : "",
                 faulty_port(faulty), path % 24, path % 3);
        struct http_request r = {.url = url, .lasting_url = path % 5 != 0};
        http_send_wait(client, &r);
        expect_end(&r, HTTP_DONE);
        CLEANUP_FREE char *sent = faulty_last(faulty);
        int len = snprintf(line, sizeof(line), "GET /p/%u?q=%u HTTP/1.1\r\n", path % 24, path % 3);
        assert_memory_equal(sent, line, (size_t)len);
        assert_int_equal(strstr(sent, "\r\nAuthorization: Basic dTpw\r\n") != NULL, user);
        request_clear(&r);
    }
    static const char *const wrong[] = {"http://", "http://[::1", "x", "http://a b/"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct http_request r = {.url = wrong[i], .lasting_url = true}, plain = {.url = wrong[i]};
        http_send_wait(client, &r);
        http_send_wait(client, &plain);
        assert_int_equal(r.end, plain.end);
        assert_string_equal(r.error, plain.error);
        assert_true(r.end != HTTP_DONE);
        request_clear(&r);
        request_clear(&plain);
    }
    close_client();
    faulty_stop(faulty);
}

static void gives_status_headers_and_body(void **state)
{
    struct http_request r = {0};
    play(&(struct faulty_reply){.bytes = "HTTP/1.1 503 Busy\r\nRETRY-After:  12 \r\nX-A: b:c\r\n"
                                         "Connection: close\r\n\r\ntext"},
         &r);
    expect_end(&r, HTTP_DONE);
    assert_int_equal(r.status, 503);
    assert_true(str_is(http_header(&r, "retry-after"), "12"));
    assert_true(str_is(http_header(&r, "x-a"), "b:c"));
    assert_int_equal(http_header(&r, "x-b").len, 0);
    assert_string_equal(r.body_in.ptr, "text");
    assert_true(r.elapsed_us > 0);
    assert_true(r.out_us > 0 && clock_monotonic_us() - r.out_us <= r.elapsed_us + 60000000);
    request_clear(&r);
    /* Of an interim reply nothing is left. */
    play(&(struct faulty_reply){.bytes = "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" OK
                                         "X-Late: 2\r\nConnection: close\r\n\r\n"},
         &r);
    expect_end(&r, HTTP_DONE);
    assert_int_equal(r.status, 200);
    assert_int_equal(http_header(&r, "x-early").len, 0);
    assert_true(str_is(http_header(&r, "x-late"), "2"));
    request_clear(&r);
    /* Redirects are the caller's business. */
    play(&(struct faulty_reply){.bytes = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                                         "Connection: close\r\n\r\n"},
         &r);
    expect_end(&r, HTTP_DONE);
    assert_int_equal(r.status, 302);
    request_clear(&r);
}

static void tells_how_it_ended(void **state)
{
    expect_play(OK "Content-Length: 100\r\n\r\nshort", HTTP_BROKEN);
    expect_play(OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n", HTTP_BROKEN);
    expect_play(OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel", HTTP_BROKEN);
    expect_play("", HTTP_BROKEN);
    expect_play("nonsense\r\n\r\n", HTTP_BROKEN);
    expect_play(OK "Content-", HTTP_BROKEN);
    expect_play(OK "no colon\r\n\r\n", HTTP_BROKEN);
    expect_play(OK "Content-Length: 99999999999\r\n\r\nx", HTTP_TOO_LARGE);
}

static void refuses_bad_requests(void **state)
{
    static const char *const newline[] = {"X: a\r\nEvil: b", NULL};
    static const char *const bare[] = {"nothing", NULL};
    const char *many[30] = {NULL};
    const struct http_request bad[] = {
        {.url = ""},
        {.url = "ftp://127.0.0.1/x"},
        {.url = "file:///etc/passwd"},
        {.url = "http://[::1"},
        {.url = "http://127.0.0.1:1/", .method = "GET x"},
        {.url = "http://127.0.0.1:1/", .headers = newline},
        {.url = "http://127.0.0.1:1/", .headers = bare},
        {.url = "http://127.0.0.1:1/", .headers = many},
    };
    for (size_t i = 0; i < 25; i++)
        many[i] = "A: b";
    open_client(4);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct http_request r = bad[i];
        http_send_wait(client, &r);
        expect_end(&r, HTTP_INVALID);
        assert_null(strstr(r.error, "Evil"));
        request_clear(&r);
    }
    close_client();
}

static void cannot_connect(void **state)
{
    char url[64];
    open_client(4);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", faulty_closed_port());
    struct http_request r = {.url = url};
    http_send_wait(client, &r);
    expect_end(&r, HTTP_CONNECT);
    request_clear(&r);
    r.url = "http://no.such.host.invalid/";
    http_send_wait(client, &r);
    expect_end(&r, HTTP_CONNECT);
    request_clear(&r);
    close_client();
}

/* A server that answers with what it gets. */
static pthread_mutex_t gate_mutex = PTHREAD_MUTEX_INITIALIZER;
static size_t now_inside, most_inside;

static void echo(void *arg, const struct server_request *request, struct server_response *response)
{
    pthread_mutex_lock(&gate_mutex);
    now_inside++;
    most_inside = now_inside > most_inside ? now_inside : most_inside;
    pthread_mutex_unlock(&gate_mutex);
    if (arg)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    buf_str(&response->body, request->body);
    response->content_type = "text/plain";
    pthread_mutex_lock(&gate_mutex);
    now_inside--;
    pthread_mutex_unlock(&gate_mutex);
}

static struct server *start_echo(void *slow, char url[64])
{
    struct err err = {0};
    struct server *server = NULL;
    const struct server_options options = {.threads = 8, .handle = echo, .arg = slow};
    if (server_start(&options, &server, &err))
        fail_msg("%s", err.text);
    snprintf(url, 64, "http://127.0.0.1:%u/", server_port(server));
    most_inside = 0;
    return server;
}

static void needs_tls_where_it_is_asked_for(void **state)
{
    char url[64], secure[80];
    struct server *server = start_echo(NULL, url);
    snprintf(secure, sizeof(secure), "https%s", url + 4);
    struct http_request r = {.url = secure};
    open_client(4);
    http_send_wait(client, &r);
    expect_end(&r, HTTP_TLS);
    request_clear(&r);
    close_client();
    server_stop(server);
}

static void keeps_limits_of_size(void **state)
{
    struct http_request r = {.max_bytes = 1000};
    const struct faulty_reply exact = {.bytes = OK "Connection: close\r\n\r\n", .filler = 1000};
    const struct faulty_reply more = {.bytes = OK "Connection: close\r\n\r\n", .filler = 1001};
    const struct faulty_reply huge = {.bytes = OK "Connection: close\r\n\r\n", .filler = 50u << 20};
    const struct faulty_reply head = {.bytes = OK "X: ", .filler = 200000};
    play(&exact, &r);
    expect_end(&r, HTTP_DONE);
    assert_int_equal(r.body_in.len, 1000);
    play(&more, &r);
    expect_end(&r, HTTP_TOO_LARGE);
    assert_true(r.body_in.len <= 1000);
    r.max_bytes = 0; /* 16 MiB */
    play(&huge, &r);
    expect_end(&r, HTTP_TOO_LARGE);
    assert_true(r.body_in.len <= 16u << 20);
    r.max_bytes = 60u << 20;
    play(&huge, &r);
    expect_end(&r, HTTP_DONE);
    assert_int_equal(r.body_in.len, 50u << 20);
    r.max_bytes = 0;
    play(&head, &r);
    assert_true(r.end == HTTP_TOO_LARGE || r.end == HTTP_BROKEN);
    assert_true(r.headers_in.len <= 64u << 10);
    request_clear(&r);
}

static void keeps_limits_of_time(void **state)
{
    const struct faulty_reply silent = {.hold = 1};
    const struct faulty_reply stalled = {.bytes = OK "Content-Length: 100\r\n\r\nbegun", .hold = 1};
    struct http_request r = {.timeout_ms = 150};
    uint64_t start = clock_monotonic_us();
    play(&silent, &r);
    expect_end(&r, HTTP_TIMEOUT);
    play(&stalled, &r);
    expect_end(&r, HTTP_TIMEOUT);
    r = (struct http_request){
        .body_in = r.body_in, .headers_in = r.headers_in, .low_speed_ms = 300};
    play(&stalled, &r);
    expect_end(&r, HTTP_TIMEOUT);
    r = (struct http_request){
        .body_in = r.body_in, .headers_in = r.headers_in, .stall_ms = 300, .timeout_ms = 60000};
    play(&stalled, &r);
    expect_end(&r, HTTP_STALLED);
    r.timeout_ms = 900;
    play(&silent, &r);
    expect_end(&r, HTTP_TIMEOUT);
    uint64_t took = clock_monotonic_us() - start;
    assert_true(took >= 600000 && took < 50000000);
    request_clear(&r);
}

/* Many at once against a server that answers each with its own number. */
#define MANY 1000

struct one {
    struct http_request request;
    char body[16];
    size_t times; /* done was called */
    sem_t *done;
};

static void on_done(struct http_request *request)
{
    struct one *one = (struct one *)request;
    one->times++;
    sem_post(one->done);
}

static struct one *send_many(const char *url, sem_t *done)
{
    struct one *all = mem_array(MANY, sizeof(*all));
    sem_init(done, 0, 0);
    for (size_t i = 0; i < MANY; i++) {
        all[i].done = done;
        snprintf(all[i].body, sizeof(all[i].body), "number %zu", i);
        all[i].request =
            (struct http_request){.url = url, .body = str_of(all[i].body), .done = on_done};
        http_send(client, &all[i].request);
    }
    return all;
}

static void await_many(struct one *all, sem_t *done, bool may_be_cancelled)
{
    for (size_t i = 0; i < MANY; i++) {
        while (sem_wait(done) != 0)
            continue;
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(all[i].times, 1);
        if (!may_be_cancelled || all[i].request.end != HTTP_CANCELLED) {
            expect_end(&all[i].request, HTTP_DONE);
            assert_string_equal(all[i].request.body_in.ptr, all[i].body);
        }
        request_clear(&all[i].request);
    }
    sem_destroy(done);
    mem_free(all);
}

static void answers_a_thousand_at_once(void **state)
{
    sem_t done;
    char url[64];
    struct server *server = start_echo(NULL, url);
    open_client(MANY);
    await_many(send_many(url, &done), &done, false);
    await_many(send_many(url, &done), &done, false); /* over the same connections */
    close_client();
    server_stop(server);
}

static void keeps_the_limit_of_connections(void **state)
{
    sem_t done;
    char url[64];
    struct server *server = start_echo(&done, url);
    open_client(3);
    await_many(send_many(url, &done), &done, false);
    assert_in_range(most_inside, 1, 3);
    close_client();
    server_stop(server);
}

/* From the loop thread, at any moment, those that wait, connect, run and are done. */
struct canceller {
    struct loop_task task;
    struct one *all;
    size_t step;
    sem_t done;
};

static void on_cancel(struct loop_task *task)
{
    struct canceller *c = (struct canceller *)task;
    for (size_t i = 0; i < MANY; i += c->step)
        http_cancel(client, &c->all[i].request);
    sem_post(&c->done);
}

static void cancels_at_any_moment(void **state)
{
    char url[64];
    struct server *server = start_echo(NULL, url);
    for (long round = 0; round < 12; round++) {
        sem_t done;
        open_client(round % 2 ? MANY : 50);
        struct canceller c = {.task.fn = on_cancel, .step = 1 + (size_t)round % 3};
        sem_init(&c.done, 0, 0);
        c.all = send_many(url, &done);
        nanosleep(&(struct timespec){.tv_nsec = round * 1000000}, NULL);
        loop_post(loop, &c.task);
        while (sem_wait(&c.done) != 0)
            continue;
        await_many(c.all, &done, true);
        sem_destroy(&c.done);
        close_client();
    }
    server_stop(server);
}

/* While they connect: sockets that libcurl closes without a word. */
static void cancels_what_connects(void **state)
{
    static const struct faulty_reply silent = {.hold = 1};
    struct faulty *faulty = faulty_start(&silent, 1);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/", faulty_port(faulty));
    for (int round = 0; round < 20; round++) {
        struct one ones[4] = {0};
        sem_t done;
        sem_init(&done, 0, 0);
        open_client(8);
        for (size_t i = 0; i < 4; i++) {
            ones[i].done = &done;
            ones[i].request = (struct http_request){.url = url, .done = on_done};
            http_send(client, &ones[i].request);
        }
        if (round % 2)
            nanosleep(&(struct timespec){.tv_nsec = round * 20000}, NULL);
        close_client(); /* cancels what runs */
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(ones[i].times, 1);
            expect_end(&ones[i].request, HTTP_CANCELLED);
            request_clear(&ones[i].request);
        }
        sem_destroy(&done);
    }
    faulty_stop(faulty);
}

/* The server's side of a connection is closed a little later. */
static size_t fds_once_at_most(size_t count)
{
    for (int i = 0; i < 6000 && resources_fds() > count; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return resources_fds();
}

static int listen_and_never_accept(int *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *out_port = ntohs(address.sin_port);
    return fd;
}

/* More requests than may connect at once, to a port where nobody accepts: what has begun and has no
 * connection yet is as much as is allowed, and when some of it ends, as many of the others begin.
 */
#define EAGER 1500
#define MOST_CONNECTING 1024

struct eager {
    struct http_request request;
    bool begun, ended;
};

static struct {
    struct loop_task task;
    struct eager all[EAGER];
    size_t begun, connected, ended, most_connecting, cancel;
    sem_t seen;
} crowd;

/* They begin in the order in which they were sent; who has not may still be written to. */
static void count_crowd(void)
{
    crowd.connected = crowd.ended = 0;
    for (size_t i = 0; i < crowd.begun; i++) {
        const struct eager *e = &crowd.all[i];
        crowd.ended += e->ended;
        crowd.connected += !e->ended && e->request.out_us > 0;
    }
}

static void on_begun(struct http_request *request)
{
    struct eager *e = (struct eager *)request;
    if (e->begun)
        return;
    e->begun = true;
    crowd.begun++;
    request->body = STR("{}");
    count_crowd();
    size_t connecting = crowd.begun - crowd.connected - crowd.ended;
    if (connecting > crowd.most_connecting)
        crowd.most_connecting = connecting;
}

static void on_eager_done(struct http_request *request)
{
    ((struct eager *)request)->ended = true;
}

/* Loop thread: what was posted before has been done. */
static void look_at_crowd(struct loop_task *task)
{
    for (size_t i = 0; i < crowd.cancel; i++)
        http_cancel(client, &crowd.all[i].request);
    count_crowd();
    sem_post(&crowd.seen);
}

static void look(size_t cancel)
{
    crowd.task.fn = look_at_crowd;
    crowd.cancel = cancel;
    loop_post(loop, &crowd.task);
    while (sem_wait(&crowd.seen) != 0)
        continue;
}

static void keeps_the_limit_of_those_that_connect(void **state)
{
    char url[64];
    int port, listener = listen_and_never_accept(&port);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
    memset(&crowd, 0, sizeof(crowd));
    sem_init(&crowd.seen, 0, 0);
    open_client(EAGER);
    for (size_t i = 0; i < EAGER; i++) {
        crowd.all[i].request = (struct http_request){.method = "POST",
                                                     .url = url,
                                                     .make_body = on_begun,
                                                     .connect_timeout_ms = 300000,
                                                     .done = on_eager_done};
        http_send(client, &crowd.all[i].request);
    }
    do
        look(0);
    while (crowd.begun - crowd.connected < MOST_CONNECTING && crowd.begun < EAGER);
    assert_int_equal(crowd.most_connecting, MOST_CONNECTING);
    assert_in_range(crowd.connected, 0, 16); /* those that the port keeps for whoever accepts */
    assert_int_equal(crowd.ended, 0);
    assert_true(crowd.begun < EAGER);
    look(700);
    do
        look(0);
    while (crowd.begun < EAGER);
    assert_int_equal(crowd.ended, 700);
    assert_int_equal(crowd.most_connecting, MOST_CONNECTING);
    close_client();
    for (size_t i = 0; i < EAGER; i++) {
        expect_end(&crowd.all[i].request, HTTP_CANCELLED);
        request_clear(&crowd.all[i].request);
    }
    sem_destroy(&crowd.seen);
    close(listener);
}

static size_t made_again;

static void drop_body(struct http_request *request)
{
    request->body = (struct str){0};
}

static void make_again(struct http_request *request)
{
    made_again++;
    request->body = STR("body");
}

/* Longer than the time between two looks at what was sent. */
static void hold_up(struct loop_task *task)
{
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
}

struct late_one {
    struct loop_task task, hold_up;
    struct one one;
};

static void send_late(struct loop_task *task)
{
    struct late_one *late = (struct late_one *)task;
    late->hold_up.fn = hold_up;
    loop_post(loop, &late->hold_up);
    http_send(client, &late->one.request);
}

/* What the request before has sent does not count, also when it is looked at before curl has begun
 * with this one. */
static void keeps_a_body_until_it_is_sent(void **state)
{
    static const struct faulty_reply silent = {.hold = 1};
    struct faulty *faulty = faulty_start(&silent, 1);
    char url[64], silent_url[64];
    struct server *server = start_echo(NULL, url);
    sem_t done, cancelled;
    struct one waits = {.done = &cancelled};
    struct late_one late = {.task.fn = send_late, .one.done = &done};
    struct http_request *r = &late.one.request;
    sem_init(&done, 0, 0);
    sem_init(&cancelled, 0, 0);
    made_again = 0;
    snprintf(silent_url, sizeof(silent_url), "http://127.0.0.1:%u/", faulty_port(faulty));
    waits.request =
        (struct http_request){.url = silent_url, .done = on_done, .low_speed_ms = 60000};
    *r = (struct http_request){.method = "POST",
                               .url = url,
                               .body = STR("a longer body"),
                               .drop_body = drop_body,
                               .make_body = make_again,
                               .stall_ms = 60000};
    open_client(2);
    http_send(client, &waits.request);
    http_send_wait(client, r);
    expect_end(r, HTTP_DONE);
    r->body = STR("body");
    r->done = on_done;
    loop_post(loop, &late.task);
    while (sem_wait(&done) != 0)
        continue;
    expect_end(r, HTTP_DONE);
    assert_int_equal(made_again, 0);
    request_clear(r);
    close_client();
    request_clear(&waits.request);
    sem_destroy(&done);
    sem_destroy(&cancelled);
    server_stop(server);
    faulty_stop(faulty);
}

static void leaves_nothing_open(void **state)
{
    char url[64];
    sem_t done;
    struct server *server = start_echo(NULL, url);
    size_t before = 0;
    for (int i = 0; i < 4; i++) {
        open_client(100);
        await_many(send_many(url, &done), &done, false);
        close_client();
        if (i == 0) {
            nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
            before = resources_fds();
        }
    }
    assert_true(fds_once_at_most(before) <= before);
    server_stop(server);
}

static void says_when_there_are_too_few_files(void **state)
{
    struct err err = {0};
    loop = loop_start(&err);
    assert_null(http_client_create(loop, (size_t)1 << 40, &err));
    assert_int_equal(err.code, EXIT_CONFIG);
    assert_non_null(strstr(err.text, "ulimit"));
    loop_stop(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_what_it_was_given),
        cmocka_unit_test(keeps_lasting_urls_apart),
        cmocka_unit_test(gives_status_headers_and_body),
        cmocka_unit_test(tells_how_it_ended),
        cmocka_unit_test(refuses_bad_requests),
        cmocka_unit_test(cannot_connect),
        cmocka_unit_test(needs_tls_where_it_is_asked_for),
        cmocka_unit_test(keeps_limits_of_size),
        cmocka_unit_test(keeps_limits_of_time),
        cmocka_unit_test(answers_a_thousand_at_once),
        cmocka_unit_test(keeps_the_limit_of_connections),
        cmocka_unit_test(cancels_at_any_moment),
        cmocka_unit_test(cancels_what_connects),
        cmocka_unit_test(keeps_the_limit_of_those_that_connect),
        cmocka_unit_test(keeps_a_body_until_it_is_sent),
        cmocka_unit_test(leaves_nothing_open),
        cmocka_unit_test(says_when_there_are_too_few_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
