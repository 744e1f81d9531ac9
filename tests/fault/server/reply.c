/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"

#define CHUNK 7
#define HANG_SECONDS 30
#define SEND_TIMEOUT_MS 10000

/* The good answer as a JSON string. */
static void add_content(struct buf *out, struct str good)
{
    CLEANUP_JSON struct json *reply = json_parse(good, NULL);
    const struct json *message = json_get(json_at(json_get(reply, "choices"), 0), "message");
    json_write_str(out, json_str(json_get(message, "content")), 0);
}

static void add_text(struct buf *out, struct str text, struct str good, struct str key)
{
    while (text.len) {
        if (str_starts(text, "{content}"))
            add_content(out, good);
        else if (str_starts(text, "{reply}"))
            buf_str(out, good);
        else if (str_starts(text, "{key}"))
            buf_str(out, key);
        else if (str_starts(text, "{x") && text.len > 4 && text.ptr[4] == '}')
            buf_char(out, (char)strtol(text.ptr + 2, NULL, 16));
        else {
            buf_char(out, *text.ptr);
            text = (struct str){text.ptr + 1, text.len - 1};
            continue;
        }
        str_cut(&text, '}');
    }
}

static void add_part(struct buf *out, const struct json *part, struct str good, struct str key)
{
    int64_t times = json_int(json_get(part, "times"), 1);
    struct str text =
        json_is(part, JSON_OBJECT) ? json_str(json_get(part, "repeat")) : json_str(part);
    for (int64_t i = 0; i < times; i++)
        add_text(out, text, good, key);
}

void reply_body(const struct rule *rule, struct str good, struct str key, struct buf *out)
{
    if (!rule->body)
        buf_str(out, good);
    else if (!json_is(rule->body, JSON_ARRAY))
        add_part(out, rule->body, good, key);
    for (size_t i = 0; json_is(rule->body, JSON_ARRAY) && i < json_count(rule->body); i++)
        add_part(out, json_at(rule->body, i), good, key);
}

static void add_chunks(struct buf *out, struct str body)
{
    while (body.len) {
        size_t len = body.len < CHUNK ? body.len : CHUNK;
        buf_printf(out, "%zx\r\n", len);
        buf_add(out, body.ptr, len);
        buf_text(out, "\r\n");
        body = (struct str){body.ptr + len, body.len - len};
    }
    buf_text(out, "0\r\n\r\n");
}

static void write_reply(struct buf *out, const struct rule *rule, struct str body)
{
    if (rule->raw) {
        buf_text(out, rule->raw);
        return;
    }
    buf_printf(out, "HTTP/1.1 %d Scripted\r\nContent-Type: application/json\r\n", rule->status);
    for (struct json_iter it = json_members(rule->headers); json_next(&it);)
        buf_printf(out, "%s: %s\r\n", it.key.ptr, json_str(it.value).ptr);
    if (rule->chunked) {
        buf_text(out, "Transfer-Encoding: chunked\r\n\r\n");
        add_chunks(out, body);
    } else {
        buf_printf(out, "Content-Length: %lld\r\n\r\n", (long long)body.len + rule->length);
        buf_str(out, body);
    }
}

static bool gone(int fd, int timeout_ms)
{
    struct pollfd watched = {.fd = fd, .events = POLLRDHUP};
    return poll(&watched, 1, timeout_ms) > 0;
}

void reply_wait(int fd, double seconds)
{
    if (seconds > 0)
        gone(fd, (int)ceil(seconds * 1000));
}

static bool send_part(int fd, struct str part)
{
    struct pollfd watched = {.fd = fd, .events = POLLOUT};
    while (part.len) {
        if (poll(&watched, 1, SEND_TIMEOUT_MS) <= 0)
            return false;
        ssize_t sent = send(fd, part.ptr, part.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return false;
        part = (struct str){part.ptr + sent, part.len - (size_t)sent};
    }
    return true;
}

static size_t cut_length(double cut, size_t len)
{
    double most = cut < 0 ? (double)len : cut < 1 ? cut * (double)len : cut;
    return most < (double)len ? (size_t)most : len;
}

static void end_connection(int fd, enum rule_end end)
{
    /* A socket that is connected to nothing any more sends a reset. */
    static const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    if (end == RULE_HANG)
        gone(fd, HANG_SECONDS * 1000);
    if (end == RULE_RESET && connect(fd, &nowhere, sizeof(nowhere)) == 0)
        return;
    shutdown(fd, SHUT_WR);
}

bool reply_send(int fd, const struct rule *rule, struct str body)
{
    CLEANUP_BUF struct buf bytes = {0};
    write_reply(&bytes, rule, body);
    struct str rest = {bytes.ptr, cut_length(rule->cut, bytes.len)};
    bool there = true;
    while (rest.len && there) {
        size_t len = rule->drip_bytes && rule->drip_bytes < rest.len ? rule->drip_bytes : rest.len;
        there = send_part(fd, (struct str){rest.ptr, len});
        rest = (struct str){rest.ptr + len, rest.len - len};
        if (rest.len && rule->drip_pause > 0)
            there = there && !gone(fd, (int)ceil(rule->drip_pause * 1000));
    }
    end_connection(fd, rule->end);
    return there;
}
