/* SPDX-License-Identifier: MIT */
/* grasp.http/1 over io/http. */
#include <string.h>

#include "model/auth_google.h"
#include "model/config.h"
#include "plugin/call.h"
#include "plugin/google.h"

#define DEFAULT_TIMEOUT_MS 60000
#define TOKEN_MIN 8

/* more: a header besides; NULL for none. */
static const char *const *read_headers(struct call *call, grasp_str json, const char *more)
{
    CLEANUP_JSON struct json *object = json.len ? json_parse(str_from(json), NULL) : NULL;
    size_t count = 0;
    const char **headers = arena_alloc(&call->scratch, (json_count(object) + 2) * sizeof(*headers));
    if (more)
        headers[count++] = more;
    for (struct json_iter it = json_members(object); json_next(&it);) {
        struct str value = json_str(it.value);
        /* A line break would let a value smuggle in headers of its own. */
        if (memchr(it.key.ptr, '\n', it.key.len) || memchr(value.ptr, '\n', value.len) ||
            memchr(value.ptr, '\r', value.len) || memchr(it.key.ptr, '\r', it.key.len))
            continue;
        headers[count++] = arena_printf(&call->scratch, "%.*s: %.*s", (int)it.key.len, it.key.ptr,
                                        (int)value.len, value.ptr);
    }
    return headers;
}

static grasp_str headers_json(struct call *call, const struct http_request *request)
{
    CLEANUP_JSON struct json *object = json_new_object();
    CLEANUP_BUF struct buf text = {0};
    struct str rest = buf_view(&request->headers_in);
    while (rest.len) {
        struct str value = str_cut(&rest, '\n'), name = str_cut(&value, ':');
        json_set_str(object, name, json_new_str(str_trim(value)));
    }
    json_write(&text, object, 0);
    return (grasp_str){arena_dup(&call->scratch, text.ptr, text.len), text.len};
}

static int32_t finish(struct call *call, const struct http_request *got,
                      grasp_http_response *response)
{
    struct err err;
    if (got->end == HTTP_TOO_LARGE) {
        err_set(&err, EXIT_UNAVAILABLE, "%s: %s", got->url, got->error);
        call_host_error(call, &err);
        return GRASP_E_TOO_LARGE;
    }
    if (got->end != HTTP_DONE) {
        err_set(&err, EXIT_UNAVAILABLE, "%s: %s", got->url, got->error);
        return call_host_error(call, &err);
    }
    grasp_http_response r = {
        .size = response->size,
        .status = got->status,
        .headers = headers_json(call, got),
        .body = {arena_dup(&call->scratch, got->body_in.len ? got->body_in.ptr : "",
                           got->body_in.len),
                 got->body_in.len},
    };
    memcpy(response, &r, response->size < sizeof(r) ? response->size : sizeof(r));
    return GRASP_OK;
}

static int32_t check_credentials(struct call *call, const grasp_http_request *r, const char *url)
{
    if (!str_is(str_from(r->credentials), "google"))
        return call_fault(
            call, GRASP_E_INVALID, "http: credentials '%.*s': there are only google's",
            (int)(r->credentials.len < 64 ? r->credentials.len : 64), r->credentials.ptr);
    if (auth_google_is_safe(url))
        return GRASP_OK;
    struct err err = {0};
    err_set(&err, EXIT_CONFIG, "%s: credentials go to https:// or to this machine alone", url);
    return call_host_error(call, &err);
}

static void hide(struct buf *text, const char *token)
{
    size_t len = strlen(token), from = 0;
    for (char *at;
         from < text->len && (at = memmem(text->ptr + from, text->len - from, token, len));) {
        memset(at, '*', len);
        from = (size_t)(at - text->ptr) + len;
    }
}

/* What a plugin is answered may be shown and written, so it has no token in it, even if the service
 * says what it was sent. A shorter one may be a word of any answer. */
static void send_hidden(struct http_request *http)
{
    http_send_wait(plugin_services()->http, http);
    for (const char *const *h = http->headers; *h; h++) {
        const char *colon = strchr(*h, ':'), *token = strrchr(*h, ' ');
        if (!colon || !token || strlen(++token) < TOKEN_MIN ||
            !chat_config_secret_name((struct str){*h, (size_t)(colon - *h)}))
            continue;
        hide(&http->headers_in, token);
        hide(&http->body_in, token);
    }
    http->headers = NULL;
}

/* Sends with Google's credentials, with others once more if they are refused. */
static int32_t send_google(struct call *call, struct http_request *http, grasp_str headers)
{
    struct http_client *client = plugin_services()->http;
    const struct http_request fresh = *http;
    bool again = false;
    do {
        struct err err = {0};
        char *header = NULL;
        buf_free(&http->body_in);
        buf_free(&http->headers_in);
        *http = fresh;
        if (google_header(client, &header, &err))
            return call_host_error(call, &err);
        http->headers = read_headers(call, headers, header);
        send_hidden(http);
        again = !again && http->end == HTTP_DONE && http->status == 401 && google_refused(header);
        google_header_free(header);
    } while (again);
    return GRASP_OK;
}

static int32_t request(grasp_call *base, const grasp_http_request *in,
                       grasp_http_response *response)
{
    struct call *call = (struct call *)base;
    grasp_http_request r = {0};
    if (!in || in->size < offsetof(grasp_http_request, headers) || !response ||
        response->size < sizeof(uint64_t))
        return call_fault(call, GRASP_E_INVALID, "http: `size` of a struct is too small (R3)");
    memcpy(&r, in, in->size < sizeof(r) ? in->size : sizeof(r));
    struct http_request http = {
        .method = r.method.len ? arena_dup(&call->scratch, r.method.ptr, r.method.len) : "GET",
        .url = arena_dup(&call->scratch, r.url.len ? r.url.ptr : "", r.url.len),
        .body = str_from(r.body),
        .timeout_ms = r.timeout_ms ? r.timeout_ms : DEFAULT_TIMEOUT_MS,
        .max_bytes = r.max_bytes,
    };
    int32_t status = r.credentials.len ? check_credentials(call, &r, http.url) : GRASP_OK;
    if (!status && r.credentials.len) {
        status = send_google(call, &http, r.headers);
    } else if (!status) {
        http.headers = read_headers(call, r.headers, NULL);
        send_hidden(&http);
    }
    if (!status)
        status = finish(call, &http, response);
    buf_free(&http.body_in);
    buf_free(&http.headers_in);
    return status;
}

const grasp_http extension_http = {.size = sizeof(grasp_http), .request = request};
