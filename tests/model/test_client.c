/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "faulty.h"
#include "io/server.h"
#include "rig.h"

#define CANARY "canary-4f1c9e7d"
#define PRESET_WITH(more)                                                                          \
    "{\"client\": \"chat\", \"base_url\": \"http://127.0.0.1:%u/v1\", \"api_key\": \"" CANARY      \
    "\", \"model\": \"tiny\", \"retry_base_delay\": 0.01" more "}"
#define PRESET PRESET_WITH(", \"max_retries\": 3")
#define PATIENCE_US 55000000 /* less than what is not waited for, and enough for a busy machine */

#define HEAD(status, type) "HTTP/1.1 " status "\r\nContent-Type: " type "\r\nConnection: close\r\n"
#define JSON_OK HEAD("200 OK", "application/json") "\r\n"
#define ANSWER                                                                                     \
    JSON_OK "{\"choices\": [{\"message\": {\"content\": \"hi\"}, \"finish_reason\": \"stop\"}]}"

struct expected {
    enum model_reply_kind kind;
    enum model_fault fault;
    const char *words; /* part of the error or, of an answer, the text */
    size_t requests;
};

static void check_reply(const struct model_reply *reply, const struct expected *expected)
{
    if (reply->kind != expected->kind || reply->fault != expected->fault)
        fail_msg("kind %d, fault %d: %.*s", (int)reply->kind, (int)reply->fault,
                 (int)reply->error.len, reply->error.ptr ? reply->error.ptr : "");
    const char *text = reply->kind == MODEL_TEXT ? reply->text.ptr : reply->error.ptr;
    if (!strstr(text, expected->words))
        fail_msg("does not say '%s': %s", expected->words, text);
    assert_null(strstr(text, "canary"));
    if (reply->kind != MODEL_TEXT) {
        assert_int_equal(strlen(text), reply->error.len);
        assert_true(reply->error.len < 900);
    }
}

/* One call under a preset against prescribed replies. */
static void play_with(const char *preset, const struct faulty_reply *replies, size_t count,
                      const struct expected *expected)
{
    struct rig rig;
    struct rig_call call;
    struct faulty *server = faulty_start(replies, count);
    rig_open(&rig, preset, faulty_port(server));
    rig_send(&rig, &call, "hello");
    check_reply(rig_wait(&call), expected);
    assert_int_equal(faulty_requests(server), expected->requests);
    rig_call_clear(&call);
    rig_close(&rig);
    faulty_stop(server);
}

static void play(const char *bytes, enum model_reply_kind kind, enum model_fault fault,
                 const char *words, size_t requests)
{
    const struct faulty_reply reply = {.bytes = bytes};
    play_with(PRESET, &reply, 1, &(struct expected){kind, fault, words, requests});
}

static void sends_what_servers_expect(void **state)
{
    const struct faulty_reply reply = {.bytes = ANSWER};
    struct faulty *server = faulty_start(&reply, 1);
    struct rig rig;
    struct rig_call call;
    rig_open(&rig, PRESET_WITH(", \"headers\": {\"X-Team\": \"a b\", \"X-None\": \"\"}"),
             faulty_port(server));
    rig_send(&rig, &call, "hello");
    check_reply(rig_wait(&call), &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hi", 1});
    CLEANUP_FREE char *request = faulty_last(server);
    assert_memory_equal(request, "POST /v1/chat/completions HTTP/1.1\r\n", 36);
    assert_non_null(strstr(request, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer " CANARY "\r\n"));
    assert_non_null(strstr(request, "\r\nX-Team: a b\r\n"));
    assert_null(strstr(request, "X-None"));
    assert_non_null(strstr(request, "\r\n\r\n{\"model\":\"tiny\",\"messages\":"
                                    "[{\"role\":\"user\",\"content\":\"hello\"}]}"));
    assert_string_equal(model_name(rig.model), "tiny");
    rig_call_clear(&call);
    rig_close(&rig);
    faulty_stop(server);
}

static void stops_for_the_key(void **state)
{
    play(HEAD("401 Unauthorized", "application/json") "\r\n{\"error\": {\"message\": \"Incorrect "
                                                      "API key provided: " CANARY "\"}}",
         MODEL_FAILED, MODEL_FAULT_KEY, "Incorrect API key provided: ***", 1);
    play(HEAD("403 Forbidden", "text/html") "\r\n<h1>no</h1>" CANARY, MODEL_FAILED, MODEL_FAULT_KEY,
         "<h1>no</h1>***", 1);
}

static void stops_for_the_model(void **state)
{
    play(HEAD("404 Not Found", "application/json") "\r\n{\"error\": {\"message\": \"no model "
                                                   "tiny\"}}",
         MODEL_FAILED, MODEL_FAULT_CONFIG, "no model tiny", 1);
    play(HEAD("404 Not Found", "text/plain") "\r\nnothing", MODEL_FAILED, MODEL_FAULT_CONFIG,
         "/v1/chat/completions", 1);
    play(HEAD("400 Bad Request", "application/json") "\r\n{\"error\": \"unknown field\"}",
         MODEL_FAILED, MODEL_FAULT_CONFIG, "unknown field", 1);
    play(HEAD("307 Temporary Redirect", "text/plain") "Location: http://x/\r\n\r\n", MODEL_FAILED,
         MODEL_FAULT_CONFIG, "redirects", 1);
}

static void ends_other_than_failed(void **state)
{
    play(HEAD("400 Bad Request", "application/json") "\r\n{\"error\": {\"message\": \"maximum "
                                                     "context length exceeded\"}}",
         MODEL_CONTEXT_LIMIT, MODEL_FAULT_NONE, "maximum context length", 1);
    play(HEAD("400 Bad Request", "application/json") "\r\n{\"error\": {\"code\": "
                                                     "\"content_filter\", \"message\": \"no\"}}",
         MODEL_REFUSED, MODEL_FAULT_NONE, "HTTP 400: no", 1);
}

static void rejects_what_is_no_completion(void **state)
{
    play(HEAD("200 OK", "text/html") "\r\n<html><body>Sign in " CANARY, MODEL_FAILED,
         MODEL_FAULT_CALL, "not JSON: <html><body>Sign in ***", 3);
    play(JSON_OK "{\"choices\": [{\"message\": {\"content\": \"GET", MODEL_FAILED, MODEL_FAULT_CALL,
         "not JSON", 3);
    play(JSON_OK "{\"id\": \"x\"}", MODEL_FAILED, MODEL_FAULT_CALL, "no list of choices", 3);
    play(JSON_OK "{\"choices\": []}", MODEL_FAILED, MODEL_FAULT_CALL, "choices are empty", 3);
    play(JSON_OK "{\"error\": {\"message\": \"overloaded\"}}", MODEL_FAILED, MODEL_FAULT_ENDPOINT,
         "an error: overloaded", 3);
    play(JSON_OK "{\"error\": {\"code\": 401, \"message\": \"bad key\"}}", MODEL_FAILED,
         MODEL_FAULT_KEY, "an error: bad key", 1);
    play(JSON_OK "{\"choices\": [{\"message\": {\"content\": null, \"reasoning\": \"x\"}, "
                 "\"finish_reason\": \"stop\"}]}",
         MODEL_FAILED, MODEL_FAULT_CALL, "no content", 3);
    play(JSON_OK "{\"choices\": [{\"message\": {\"content\": \"par\"}, "
                 "\"finish_reason\": \"error\"}]}",
         MODEL_FAILED, MODEL_FAULT_CALL, "ended in an error", 3);
    play(JSON_OK "{\"choices\": [{\"message\": {\"content\": null}, "
                 "\"finish_reason\": \"length\"}]}",
         MODEL_TRUNCATED, MODEL_FAULT_NONE, "limit of tokens", 1);
    play(JSON_OK, MODEL_FAILED, MODEL_FAULT_CALL, "an empty body", 3);
    play(HEAD("200 OK", "application/json") "Content-Length: 900\r\n\r\n{\"choices\"", MODEL_FAILED,
         MODEL_FAULT_CALL, "(3 attempts)", 3);
    play("nonsense\r\n\r\n", MODEL_FAILED, MODEL_FAULT_CALL, "127.0.0.1", 3);
}

static void takes_an_empty_answer_if_told_to(void **state)
{
    const struct faulty_reply empty = {.bytes = JSON_OK
                                       "{\"choices\": [{\"message\": {\"content\": \"\"}}]}"};
    play_with(PRESET_WITH(", \"accept_empty\": true"), &empty, 1,
              &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "", 1});
}

static void tries_again(void **state)
{
    const struct faulty_reply broken[] = {
        {.bytes = HEAD("500 Internal Server Error", "text/plain") "\r\noops"},
        {.bytes = JSON_OK "{\"choices\": [{\"mess"},
        {.bytes = ANSWER},
    };
    play_with(PRESET, broken, 3, &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hi", 3});
    const struct faulty_reply busy = {.bytes =
                                          HEAD("503 Service Unavailable", "text/plain") "\r\n"
                                                                                        "busy"};
    play_with(
        PRESET, &busy, 1,
        &(struct expected){MODEL_FAILED, MODEL_FAULT_ENDPOINT, "HTTP 503: busy (3 attempts)", 3});
    const struct faulty_reply throttled = {
        .bytes =
            HEAD("429 Too Many Requests", "application/json") "\r\n{\"error\": \"slow down\"}"};
    play_with(PRESET, &throttled, 1,
              &(struct expected){MODEL_FAILED, MODEL_FAULT_ENDPOINT, "429: slow down", 3});
}

static void waits_as_the_server_asks(void **state)
{
    const struct faulty_reply replies[] = {
        {.bytes = HEAD("429 Too Many Requests", "text/plain") "Retry-After: 1\r\n\r\nwait"},
        {.bytes = ANSWER},
    };
    uint64_t start = clock_monotonic_us();
    play_with(PRESET, replies, 2, &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hi", 2});
    assert_true(clock_monotonic_us() - start >= 1000000);
    /* The cap of the preset holds against a server that asks for an hour. */
    const struct faulty_reply hour[] = {
        {.bytes = HEAD("429 Too Many Requests", "text/plain") "Retry-After: 3600\r\n\r\nwait"},
        {.bytes = ANSWER},
    };
    play_with(PRESET_WITH(", \"retry_after_max\": 0.05"), hour, 2,
              &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hi", 2});
}

static void refuses_floods(void **state)
{
    const struct faulty_reply flood = {.bytes = JSON_OK "{\"choices\": \"", .filler = 50u << 20};
    play_with(PRESET, &flood, 1,
              &(struct expected){MODEL_FAILED, MODEL_FAULT_CALL, "max_reply_bytes", 1});
}

static void gives_up_on_silence(void **state)
{
    const struct faulty_reply silent = {.hold = 1};
    uint64_t start = clock_monotonic_us();
    play_with(PRESET_WITH(", \"max_retries\": 2, \"timeout\": 0.2"), &silent, 1,
              &(struct expected){MODEL_FAILED, MODEL_FAULT_CALL, "raise timeout", 2});
    assert_true(clock_monotonic_us() - start < PATIENCE_US);
    const struct faulty_reply slow[] = {{.bytes = ANSWER, .delay_ms = 600000}, {.bytes = ANSWER}};
    play_with(PRESET_WITH(", \"timeout\": 0.5, \"max_retries\": 50"), slow, 2,
              &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hi", 2});
}

/* A reply that stops in the middle is given up long before its deadline; one that has not begun
 * may take its time. */
static void gives_up_on_stalled_replies(void **state)
{
    const struct faulty_reply stalled[] = {
        {.bytes = HEAD("200 OK", "application/json") "Content-Length: 900\r\n\r\n{\"cho",
         .hold = 1},
        {.bytes = ANSWER, .delay_ms = 700},
    };
    uint64_t start = clock_monotonic_us();
    play_with(PRESET_WITH(", \"low_speed_timeout\": 0.2, \"max_retries\": 50"), stalled, 2,
              &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hi", 2});
    play_with(PRESET_WITH(", \"low_speed_timeout\": 0.2, \"max_retries\": 1"), stalled, 1,
              &(struct expected){MODEL_FAILED, MODEL_FAULT_CALL, "raise low_speed_timeout", 1});
    assert_true(clock_monotonic_us() - start < PATIENCE_US);
}

/* No attempt and no wait goes beyond the deadline of the call. */
static void keeps_the_deadline(void **state)
{
    const struct faulty_reply replies[] = {
        {.hold = 1},
        {.bytes = HEAD("503 Service Unavailable", "text/plain") "Retry-After: 60\r\n\r\nbusy"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct faulty *server = faulty_start(&replies[i], 1);
        struct rig rig;
        struct rig_call call;
        uint64_t start = clock_monotonic_us();
        rig_open(&rig, PRESET_WITH(""), faulty_port(server));
        rig.deadline_us = start + 400000;
        rig_send(&rig, &call, "hello");
        check_reply(rig_wait(&call),
                    &(struct expected){MODEL_FAILED, MODEL_FAULT_CALL, "(episode_timeout)", 0});
        assert_string_equal(call.call.reply.fault_class, "episode_timeout");
        assert_true(clock_monotonic_us() - start < PATIENCE_US);
        rig_call_clear(&call);
        rig_close(&rig);
        faulty_stop(server);
    }
}

/* Nor does a wait for other calls: here for one that never ends. */
static void keeps_the_deadline_in_line(void **state)
{
    const struct faulty_reply held = {.hold = 1};
    struct faulty *server = faulty_start(&held, 1);
    struct rig rig;
    struct rig_call first, calls[3];
    rig_open(&rig, PRESET_WITH(", \"max_in_flight\": 1"), faulty_port(server));
    rig_send(&rig, &first, "hello");
    while (!faulty_requests(server))
        usleep(1000);
    for (size_t i = 0; i < 3; i++) {
        rig.deadline_us = clock_monotonic_us() + 1000000 - i * 250000;
        rig_send(&rig, &calls[i], "hello");
    }
    for (size_t i = 0; i < 3; i++) {
        check_reply(rig_wait(&calls[i]), &(struct expected){MODEL_FAILED, MODEL_FAULT_CALL,
                                                            "kept back (max_in_flight)", 0});
        assert_string_equal(calls[i].call.reply.fault_class, "episode_timeout");
        assert_int_equal(calls[i].call.attempts, 0);
        assert_true(clock_monotonic_us() >= calls[i].call.deadline_us);
        rig_call_clear(&calls[i]);
    }
    assert_false(rig_is_done(&first));
    model_cancel(rig.model);
    check_reply(rig_wait(&first),
                &(struct expected){MODEL_FAILED, MODEL_FAULT_CANCELLED, "cancelled", 0});
    assert_int_equal(faulty_requests(server), 1);
    rig_call_clear(&first);
    rig_close(&rig);
    faulty_stop(server);
}

/* The second request finds its connection closed when it has been sent, and goes out once more. */
static void sends_again_where_a_kept_connection_ends(void **state)
{
#define KEPT_BODY                                                                                  \
    "{\"choices\": [{\"message\": {\"content\": \"hi\"}, \"finish_reason\": \"stop\"}]}"
    char kept[512];
    struct rig rig;
    struct rig_call call;
    snprintf(kept, sizeof(kept),
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(KEPT_BODY), KEPT_BODY);
    const struct faulty_reply replies[] = {
        {.bytes = kept, .again = 1}, {.delay_ms = 50}, {.bytes = kept, .again = 1}};
    struct faulty *server = faulty_start(replies, 3);
    rig_open(&rig, PRESET_WITH(", \"max_retries\": 1"), faulty_port(server));
    for (size_t i = 0; i < 2; i++) {
        rig_send(&rig, &call, i ? "second" : "first");
        check_reply(rig_wait(&call), &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hi", 0});
        rig_call_clear(&call);
    }
    assert_int_equal(faulty_requests(server), 3);
    CLEANUP_FREE char *last = faulty_last(server);
    const char *body = strstr(last, "\r\n\r\n");
    assert_non_null(strstr(body, "\"second\""));
    CLEANUP_JSON struct json *sent = json_parse(str_of(body + 4), NULL);
    assert_true(json_is(json_get(sent, "messages"), JSON_ARRAY));
    rig_close(&rig);
    faulty_stop(server);
}

static void gives_up_early_when_nothing_listens(void **state)
{
    struct rig rig;
    struct rig_call call;
    rig_open(&rig, PRESET_WITH(""), faulty_closed_port());
    rig_send(&rig, &call, "hello");
    check_reply(rig_wait(&call),
                &(struct expected){MODEL_FAILED, MODEL_FAULT_ENDPOINT, "(3 attempts)", 0});
    assert_non_null(strstr(call.call.reply.error.ptr, "127.0.0.1"));
    rig_call_clear(&call);
    rig_close(&rig);
    rig_open(&rig,
             "{\"client\": \"chat\", \"url\": \"http://no.such.host.invalid/x\", \"model\": \"m\", "
             "\"retry_base_delay\": 0.01}",
             0);
    rig_send(&rig, &call, "hello");
    check_reply(rig_wait(&call),
                &(struct expected){MODEL_FAILED, MODEL_FAULT_ENDPOINT, "no.such.host", 0});
    rig_call_clear(&call);
    rig_close(&rig);
}

/* With other calls answered, what only concerns this one does not stop the run. */
static void tells_a_call_from_a_run(void **state)
{
    const struct faulty_reply replies[] = {
        {.bytes = ANSWER},
        {.bytes = HEAD("422 Unprocessable Entity", "application/json") "\r\n{\"detail\": \"no\"}"},
    };
    struct faulty *server = faulty_start(replies, 2);
    struct rig rig;
    struct rig_call call;
    rig_open(&rig, PRESET, faulty_port(server));
    rig_send(&rig, &call, "hello");
    check_reply(rig_wait(&call), &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hi", 1});
    rig_call_clear(&call);
    rig_send(&rig, &call, "hello");
    check_reply(rig_wait(&call), &(struct expected){MODEL_FAILED, MODEL_FAULT_CALL, "422: no", 2});
    rig_call_clear(&call);
    rig_close(&rig);
    faulty_stop(server);
}

/* A server for many calls: answers with the user's words, and counts how many it has at once. */
struct echo {
    pthread_mutex_t lock;
    size_t now, most;
    char order[4096];
};

static void echo_handle(void *arg, const struct server_request *request,
                        struct server_response *response)
{
    struct echo *echo = arg;
    CLEANUP_JSON struct json *body = json_parse(request->body, NULL);
    struct str text = json_str(json_get(json_at(json_get(body, "messages"), 0), "content"));
    pthread_mutex_lock(&echo->lock);
    echo->now++;
    echo->most = echo->now > echo->most ? echo->now : echo->most;
    if (strlen(echo->order) + text.len + 2 < sizeof(echo->order))
        strcat(strncat(echo->order, text.ptr, text.len), " ");
    pthread_mutex_unlock(&echo->lock);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    pthread_mutex_lock(&echo->lock);
    echo->now--;
    pthread_mutex_unlock(&echo->lock);
    response->status = 200;
    response->content_type = "application/json";
    buf_text(&response->body, "{\"choices\": [{\"message\": {\"content\": ");
    json_write_str(&response->body, text, 0);
    buf_text(&response->body, "}, \"finish_reason\": \"stop\"}]}");
}

#define MANY 200

static void echo_many(const char *preset, struct echo *echo)
{
    struct err err = {0};
    struct server *server;
    struct rig rig;
    static struct rig_call calls[MANY];
    static char texts[MANY][8];
    if (server_start(&(struct server_options){.threads = 8, .handle = echo_handle, .arg = echo},
                     &server, &err))
        fail_msg("%s", err.text);
    rig_open(&rig, preset, server_port(server));
    for (size_t i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof(texts[i]), "n%zu", i);
        rig_send(&rig, &calls[i], texts[i]);
    }
    for (size_t i = 0; i < MANY; i++) {
        const struct model_reply *reply = rig_wait(&calls[i]);
        check_reply(reply, &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, texts[i], 0});
        assert_true(str_is(reply->text, texts[i]));
        rig_call_clear(&calls[i]);
    }
    rig_close(&rig);
    server_stop(server);
}

static void answers_each_call(void **state)
{
    struct echo echo = {.lock = PTHREAD_MUTEX_INITIALIZER};
    echo_many(PRESET, &echo);
}

static void keeps_the_limit_and_the_order(void **state)
{
    struct echo echo = {.lock = PTHREAD_MUTEX_INITIALIZER},
                one = {.lock = PTHREAD_MUTEX_INITIALIZER};
    echo_many(PRESET_WITH(", \"max_in_flight\": 3"), &echo);
    assert_in_range(echo.most, 1, 3);
    echo_many(PRESET_WITH(", \"max_in_flight\": 1"), &one);
    const char *at = one.order;
    for (size_t i = 0; i < MANY; i++) {
        char text[8];
        snprintf(text, sizeof(text), "n%zu ", i);
        at = strstr(at, text);
        assert_non_null(at);
    }
}

/* What is out comes back; what waits for its turn, or for another try, ends at once. */
static void drains(void **state)
{
    const struct faulty_reply replies[] = {
        {.bytes = ANSWER, .delay_ms = 500},
        {.bytes = HEAD("503 Service Unavailable", "text/plain") "Retry-After: 60\r\n\r\n"}};
    struct faulty *server = faulty_start(replies, 2);
    struct rig rig;
    static struct rig_call calls[6];
    rig_open(&rig, PRESET_WITH(", \"max_in_flight\": 2"), faulty_port(server));
    for (size_t i = 0; i < 6; i++) {
        rig_send(&rig, &calls[i], "hello");
        while (!i && !faulty_requests(server))
            usleep(1000);
    }
    while (faulty_requests(server) < 2)
        usleep(1000);
    model_drain(rig.model);
    model_drain(rig.model);
    for (size_t i = 5; i > 0; i--)
        check_reply(rig_wait(&calls[i]),
                    &(struct expected){MODEL_FAILED, MODEL_FAULT_CANCELLED, "cancelled", 0});
    check_reply(rig_wait(&calls[0]), &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hi", 0});
    model_cancel(rig.model);
    for (size_t i = 0; i < 6; i++)
        rig_call_clear(&calls[i]);
    rig_close(&rig);
    faulty_stop(server);
}

/* Calls in every state at once: exchanging, waiting for a retry, queued. */
static void cancel_with(const char *preset, const struct faulty_reply *reply, size_t until)
{
    struct faulty *server = faulty_start(reply, 1);
    struct rig rig;
    static struct rig_call calls[20];
    rig_open(&rig, preset, faulty_port(server));
    for (size_t i = 0; i < 20; i++)
        rig_send(&rig, &calls[i], "hello");
    while (faulty_requests(server) < until)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_false(rig_is_done(&calls[0]));
    uint64_t start = clock_monotonic_us();
    model_cancel(rig.model);
    model_cancel(rig.model);
    for (size_t i = 0; i < 20; i++) {
        check_reply(rig_wait(&calls[i]),
                    &(struct expected){MODEL_FAILED, MODEL_FAULT_CANCELLED, "cancelled", 0});
        rig_call_clear(&calls[i]);
    }
    rig_send(&rig, &calls[0], "late");
    check_reply(rig_wait(&calls[0]),
                &(struct expected){MODEL_FAILED, MODEL_FAULT_CANCELLED, "cancelled", 0});
    rig_call_clear(&calls[0]);
    assert_true(clock_monotonic_us() - start < PATIENCE_US);
    rig_close(&rig);
    faulty_stop(server);
}

static void cancels(void **state)
{
    const struct faulty_reply silent = {.hold = 1};
    const struct faulty_reply busy = {
        .bytes = HEAD("503 Service Unavailable", "text/plain") "Retry-After: 60\r\n\r\n"};
    cancel_with(PRESET, &silent, 20);
    cancel_with(PRESET, &busy, 20);
    cancel_with(PRESET_WITH(", \"max_in_flight\": 2"), &silent, 2);
    cancel_with(PRESET_WITH(", \"max_in_flight\": 2"), &busy, 2);
}

/* At any moment, also while calls are being sent and retried. */
static void cancels_at_any_moment(void **state)
{
    const struct faulty_reply replies[] = {
        {.bytes = ANSWER},
        {.bytes = HEAD("503 Service Unavailable", "text/plain") "\r\n"},
        {.bytes = ANSWER},
        {.bytes = HEAD("500 Internal Server Error", "text/plain") "\r\n"},
    };
    for (unsigned round = 0; round < 12; round++) {
        struct faulty *server = faulty_start(replies, 4);
        struct rig rig;
        static struct rig_call calls[12];
        rig_open(&rig,
                 round % 2 ? PRESET_WITH(", \"max_retries\": 100")
                           : PRESET_WITH(", \"max_retries\": 100, \"max_in_flight\": 3"),
                 faulty_port(server));
        for (size_t i = 0; i < 12; i++)
            rig_send(&rig, &calls[i], "hello");
        nanosleep(&(struct timespec){.tv_nsec = (long)round * 700000}, NULL);
        model_cancel(rig.model);
        for (size_t i = 0; i < 12; i++) {
            const struct model_reply *reply = rig_wait(&calls[i]);
            assert_true(reply->kind == MODEL_TEXT || reply->fault == MODEL_FAULT_CANCELLED);
            rig_call_clear(&calls[i]);
        }
        rig_close(&rig);
        faulty_stop(server);
    }
}

static void answer_local(void *arg, const struct model_request *request, struct arena *arena,
                         struct model_reply *out)
{
    struct str text = request->messages[0].content;
    out->text = (struct str){arena_dup(arena, text.ptr, text.len), text.len};
    __atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
}

static void answers_in_process(void **state)
{
    struct rig rig;
    struct rig_call call;
    int asked = 0;
    rig_open_local(&rig, answer_local, &asked);
    rig_send(&rig, &call, "hello");
    check_reply(rig_wait(&call), &(struct expected){MODEL_TEXT, MODEL_FAULT_NONE, "hello", 0});
    char writer[65], executor[65];
    model_fingerprint(rig.model, &call.call.request, executor);
    call.call.request.role = MODEL_WRITER;
    model_fingerprint(rig.model, &call.call.request, writer);
    assert_string_not_equal(writer, executor);
    rig_call_clear(&call);
    model_cancel(rig.model);
    rig_send(&rig, &call, "hello");
    check_reply(rig_wait(&call),
                &(struct expected){MODEL_FAILED, MODEL_FAULT_CANCELLED, "cancelled", 0});
    assert_int_equal(asked, 1);
    rig_call_clear(&call);
    rig_close(&rig);
}

/* What identifies a request: everything that can change the reply, nothing else. */
static void fingerprint_under(const char *preset, const struct model_request *request, char out[65])
{
    struct rig rig;
    rig_open(&rig, preset, 1);
    model_fingerprint(rig.model, request, out);
    rig_close(&rig);
}

static void fingerprints_the_preset(void **state)
{
    struct message message = {.role = STR("user"), .content = STR("hello")};
    struct model_request request = {.messages = &message, .count = 1, .temperature = NAN};
    char plain[65], other[65];
    fingerprint_under(PRESET, &request, plain);
    fingerprint_under("{\"client\": \"chat\", \"url\": \"https://elsewhere/x\", \"model\": "
                      "\"tiny\"}",
                      &request, other);
    assert_string_equal(plain, other);
    request.seed = 5;
    request.role = MODEL_JUDGE;
    fingerprint_under(PRESET, &request, other);
    assert_string_equal(plain, other);
    fingerprint_under(PRESET_WITH(", \"max_tokens\": 5"), &request, other);
    assert_string_not_equal(plain, other);
    fingerprint_under(PRESET_WITH(", \"body\": {\"top_p\": 0.5}"), &request, other);
    assert_string_not_equal(plain, other);
    fingerprint_under(PRESET_WITH(", \"temperature\": 0.5"), &request, plain);
    request.seed = 6;
    fingerprint_under(PRESET_WITH(", \"temperature\": 0.5"), &request, other);
    assert_string_not_equal(plain, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_what_servers_expect),
        cmocka_unit_test(stops_for_the_key),
        cmocka_unit_test(stops_for_the_model),
        cmocka_unit_test(ends_other_than_failed),
        cmocka_unit_test(rejects_what_is_no_completion),
        cmocka_unit_test(takes_an_empty_answer_if_told_to),
        cmocka_unit_test(tries_again),
        cmocka_unit_test(waits_as_the_server_asks),
        cmocka_unit_test(refuses_floods),
        cmocka_unit_test(gives_up_on_silence),
        cmocka_unit_test(gives_up_on_stalled_replies),
        cmocka_unit_test(keeps_the_deadline),
        cmocka_unit_test(keeps_the_deadline_in_line),
        cmocka_unit_test(sends_again_where_a_kept_connection_ends),
        cmocka_unit_test(gives_up_early_when_nothing_listens),
        cmocka_unit_test(tells_a_call_from_a_run),
        cmocka_unit_test(answers_each_call),
        cmocka_unit_test(keeps_the_limit_and_the_order),
        cmocka_unit_test(drains),
        cmocka_unit_test(cancels),
        cmocka_unit_test(cancels_at_any_moment),
        cmocka_unit_test(answers_in_process),
        cmocka_unit_test(fingerprints_the_preset),
    };
    log_level_set(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
