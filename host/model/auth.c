/* SPDX-License-Identifier: MIT */
#include "model/auth.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define TIMEOUT_MS 30000
#define CONNECT_MS 5000
#define MAX_BYTES (64u << 10)
#define SECOND_US 1000000u
#define MASKED_MAX 8
/* Google's metadata server hands out a token until it has less than five minutes left. */
#define MARGIN_US (225 * (uint64_t)SECOND_US)
#define LIFETIME_MAX_S (7 * 86400)
/* So long a failure stands for all who ask. */
#define FAILURE_US SECOND_US

struct auth {
    struct http_request http; /* first: done gets a pointer to it */
    struct auth_source source;
    struct http_client *client;
    struct arena arena; /* of the request */

    pthread_mutex_t lock;
    struct auth_waiter *waiting;
    bool fetching, cancelled;
    char *header; /* or NULL */
    uint64_t renew_us, failed_us;
    struct failure failure; /* of the last fetch, if failed_us is set */
    char text[800];
    bool any; /* token was fetched, ever */
};

struct auth *auth_create(const struct auth_source *source, struct http_client *http)
{
    struct auth *auth = mem_alloc(sizeof(*auth));
    auth->source = *source;
    auth->client = http;
    pthread_mutex_init(&auth->lock, NULL);
    return auth;
}

static void fill(const struct auth *auth, struct auth_waiter *waiter)
{
    if (auth->header) {
        waiter->header = mem_dup(auth->header, strlen(auth->header));
        return;
    }
    waiter->failure = auth->failure;
    waiter->text = mem_dup(auth->text, strlen(auth->text));
}

static void set_failure(struct auth *auth, struct failure failure, const char *text)
{
    auth->failure = failure;
    auth->failed_us = clock_monotonic_us();
    snprintf(auth->text, sizeof(auth->text), "%.*s", (int)sizeof(auth->text) - 1, text);
}

static void on_fetched(struct http_request *http);

/* With the lock. False: the request could not even be made. */
static bool start(struct auth *auth)
{
    struct err err = {0};
    arena_clear(&auth->arena);
    auth->http = (struct http_request){.timeout_ms = TIMEOUT_MS,
                                       .connect_timeout_ms = CONNECT_MS,
                                       .max_bytes = MAX_BYTES,
                                       .done = on_fetched};
    if (auth->source.prepare(auth->source.self, &auth->http, &auth->arena, &err)) {
        set_failure(auth, failure_of_class(FAILURE_KEY, false), err.text);
        return false;
    }
    auth->fetching = true;
    http_send(auth->client, &auth->http);
    return true;
}

/* A failure for good stands for ever, another for a moment. */
static bool has_failed(const struct auth *auth, uint64_t now)
{
    return auth->failed_us &&
           (auth->failure.kind == FAILURE_FINAL || now - auth->failed_us < FAILURE_US);
}

static void drop_token(struct auth *auth)
{
    mem_free(auth->header);
    auth->header = NULL;
}

bool auth_take(struct auth *auth, struct auth_waiter *waiter)
{
    uint64_t now = clock_monotonic_us();
    bool there = true;
    auth_waiter_clear(waiter);
    pthread_mutex_lock(&auth->lock);
    if (auth->cancelled) {
        set_failure(auth, failure_of_class(FAILURE_CANCELLED, false), "cancelled");
        drop_token(auth);
    } else if (!auth->fetching) {
        if (auth->header && now >= auth->renew_us)
            drop_token(auth);
        there = auth->header || has_failed(auth, now) || !start(auth);
    } else {
        there = false;
    }
    if (there) {
        fill(auth, waiter);
    } else {
        waiter->next = auth->waiting;
        auth->waiting = waiter;
    }
    pthread_mutex_unlock(&auth->lock);
    return there;
}

struct wait {
    struct auth_waiter own;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ready;
};

static void on_ready(struct auth_waiter *own)
{
    struct wait *wait = (struct wait *)((char *)own - offsetof(struct wait, own));
    pthread_mutex_lock(&wait->lock);
    wait->ready = true;
    pthread_cond_signal(&wait->changed);
    pthread_mutex_unlock(&wait->lock);
}

void auth_wait(struct auth *auth, struct auth_waiter *waiter)
{
    struct wait wait = {.own.ready = on_ready};
    pthread_mutex_init(&wait.lock, NULL);
    pthread_cond_init(&wait.changed, NULL);
    if (!auth_take(auth, &wait.own)) {
        pthread_mutex_lock(&wait.lock);
        while (!wait.ready)
            pthread_cond_wait(&wait.changed, &wait.lock);
        pthread_mutex_unlock(&wait.lock);
    }
    auth_waiter_clear(waiter);
    *waiter = wait.own;
    pthread_cond_destroy(&wait.changed);
    pthread_mutex_destroy(&wait.lock);
}

void auth_refused(struct auth *auth, const char *header)
{
    pthread_mutex_lock(&auth->lock);
    if (auth->header && strcmp(auth->header, header) == 0)
        drop_token(auth);
    pthread_mutex_unlock(&auth->lock);
}

void auth_waiter_clear(struct auth_waiter *waiter)
{
    if (waiter->header)
        explicit_bzero(waiter->header, strlen(waiter->header));
    mem_free(waiter->header);
    mem_free(waiter->headers);
    mem_free(waiter->secrets);
    mem_free(waiter->text);
    waiter->header = waiter->text = NULL;
    waiter->headers = waiter->secrets = NULL;
}

/* A list ended by NULL, and one more. */
static const char **with(const char *const *list, const char *more)
{
    size_t count = 0;
    while (list[count])
        count++;
    const char **out = mem_array(count + 2, sizeof(*out));
    memcpy(out, list, count * sizeof(*out));
    out[count] = more;
    return out;
}

const char *const *auth_headers(struct auth_waiter *waiter, const struct chat_config *config)
{
    waiter->headers = with(config->headers, waiter->header);
    waiter->secrets = with(config->secrets, strrchr(waiter->header, ' ') + 1);
    return waiter->headers;
}

/* A token becomes part of a header line. */
static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
            return false;
    }
    return text.len > 0;
}

static void keep_token(struct auth *auth, const struct json *json)
{
    struct str token = json_str(json_get(json, "access_token"));
    double seconds = json_double(json_get(json, "expires_in"), 3600);
    seconds = seconds > 0 && seconds < LIFETIME_MAX_S ? seconds : 3600;
    uint64_t lifetime = (uint64_t)(seconds * SECOND_US);
    uint64_t margin = lifetime / 10 < MARGIN_US ? lifetime / 10 : MARGIN_US;
    auth->header = mem_printf("Authorization: Bearer %.*s", (int)token.len, token.ptr);
    auth->renew_us = clock_monotonic_us() + lifetime - margin;
    auth->failed_us = 0;
    auth->any = true;
}

/* The source's secrets and the values of the form that was sent, as they stand there: a proxy may
 * show it. Its first field says only what is asked for. */
static void list_secrets(struct auth *auth, const char *out[MASKED_MAX + 1])
{
    size_t count = 0;
    const struct str body = auth->http.body;
    for (const char *const *s = auth->source.secrets; *s && count < MASKED_MAX; s++)
        out[count++] = *s;
    char *rest = arena_dup(&auth->arena, body.ptr, body.len);
    strsep(&rest, "&");
    for (const char *field; (field = strsep(&rest, "&")) && count < MASKED_MAX;) {
        const char *value = strchr(field, '=');
        if (value && value[1])
            out[count++] = value + 1;
    }
}

/* {"error": "invalid_grant", "error_description": "..."} (RFC 6749, 5.2) */
static void describe(struct buf *out, struct auth *auth, const struct json *json)
{
    const char *secrets[MASKED_MAX + 1] = {NULL};
    list_secrets(auth, secrets);
    const struct chat_config masked = {.secrets = secrets};
    struct str code = json_str(json_get(json, "error"));
    buf_printf(out, "no token from %s: ", auth->http.url);
    if (auth->http.end != HTTP_DONE) {
        failure_text(out, str_of(auth->http.error), &masked);
        return;
    }
    buf_printf(out, "HTTP %d: ", auth->http.status);
    if (code.len) {
        failure_text(out, code, &masked);
        buf_text(out, ": ");
        failure_text(out, json_str(json_get(json, "error_description")), &masked);
    } else if (auth->http.status / 100 == 2) {
        buf_text(out, "the reply holds no access_token"); /* and maybe something else to hide */
    } else {
        failure_words(out, json, buf_view(&auth->http.body_in), &masked);
    }
}

static struct failure failure_of(const struct auth *auth)
{
    int status = auth->http.status;
    bool refused =
        auth->http.end == HTTP_DONE && status / 100 == 4 && status != 429 && status != 408;
    bool unreachable = auth->http.end == HTTP_CONNECT && !auth->any;
    struct failure failure =
        auth->http.end == HTTP_DONE
            ? failure_of_class(refused ? FAILURE_KEY : FAILURE_UNAVAILABLE, false)
            : failure_of_end(auth->http.end, auth->any);
    failure.hint = auth->source.hint;
    if (unreachable && auth->source.hint_unreachable) {
        failure = failure_of_class(FAILURE_KEY, false);
        failure.hint = auth->source.hint_unreachable;
    }
    return failure;
}

/* With the lock. */
static void finish(struct auth *auth)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_JSON struct json *json =
        auth->http.end == HTTP_DONE ? json_parse(buf_view(&auth->http.body_in), NULL) : NULL;
    auth->fetching = false;
    if (auth->http.end == HTTP_DONE && auth->http.status / 100 == 2 &&
        is_token(json_str(json_get(json, "access_token")))) {
        keep_token(auth, json);
    } else {
        describe(&text, auth, json);
        set_failure(auth, failure_of(auth), text.ptr);
    }
    buf_free(&auth->http.body_in);
    buf_free(&auth->http.headers_in);
    arena_clear(&auth->arena);
}

static void on_fetched(struct http_request *http)
{
    struct auth *auth = (struct auth *)http;
    pthread_mutex_lock(&auth->lock);
    finish(auth);
    struct auth_waiter *waiting = auth->waiting;
    auth->waiting = NULL;
    for (struct auth_waiter *waiter = waiting; waiter; waiter = waiter->next)
        fill(auth, waiter);
    pthread_mutex_unlock(&auth->lock);
    while (waiting) {
        struct auth_waiter *next = waiting->next;
        waiting->ready(waiting);
        waiting = next;
    }
}

void auth_cancel(struct auth *auth)
{
    pthread_mutex_lock(&auth->lock);
    auth->cancelled = true;
    bool fetching = auth->fetching;
    pthread_mutex_unlock(&auth->lock);
    if (fetching)
        http_cancel(auth->client, &auth->http);
}

void auth_close(struct auth *auth)
{
    if (!auth)
        return;
    auth->source.close(auth->source.self);
    drop_token(auth);
    arena_clear(&auth->arena);
    pthread_mutex_destroy(&auth->lock);
    mem_free(auth);
}
