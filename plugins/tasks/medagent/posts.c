/* SPDX-License-Identifier: MIT */
#include "posts.h"

#include <grasp/helpers.h>

#include "action.h"
#include "common/slice.h"
#include "pyvalue.h"

struct collector {
    grasp_call *call;
    const grasp_json *json;
    struct pool *pool;
    struct posts *out;
    size_t capacity;
};

static void keep(struct collector *c, grasp_str url, grasp_str body)
{
    struct posts *out = c->out;
    const grasp_json_value *payload;
    if (!py_parse(c->call, c->json, body, &payload))
        return;
    POOL_RESERVE(c->pool, out->items, out->count, c->capacity);
    out->items[out->count++] = (struct post){pool_dup(c->pool, url), payload};
}

/* The first four characters of the first line are dropped, whatever they are. */
static void keep_raw(struct collector *c, grasp_str content)
{
    size_t end;
    grasp_str line = content, body = SLICE("");
    if (slice_find(content, SLICE("\n"), 0, &end)) {
        line = slice_cut(content, 0, end);
        body = slice_from(content, end + 1);
    }
    keep(c, slice_trim(slice_from(line, utf8_prefix(line, 4).len)), body);
}

static bool accepts(const struct collector *c, const grasp_json_value *message)
{
    size_t at;
    return slice_find(c->json->as_string(c->json->get(message, SLICE("content"))),
                      SLICE(POST_ACCEPTED), 0, &at);
}

static void read_message(struct collector *c, grasp_str content, const grasp_json_value *next,
                         bool reference)
{
    struct text copy CLEANUP_TEXT = {0};
    struct action action;
    size_t at;
    if (reference ? !slice_find(content, SLICE("POST"), 0, &at)
                  : (action = action_read(content, &copy)).kind != ACTION_POST)
        return;
    c->out->attempted = true;
    if (!next) {
        c->out->overrun = reference;
        return;
    }
    if (!accepts(c, next))
        c->out->rejected = true;
    else if (reference)
        keep_raw(c, content);
    else
        keep(c, action.argument, action.body);
}

void posts_collect(grasp_call *call, const grasp_json *json, struct pool *pool,
                   const grasp_json_value *history, bool reference, struct posts *out)
{
    struct collector c = {call, json, pool, out, 0};
    *out = (struct posts){0};
    uint64_t count = json->count(history);
    for (uint64_t i = 0; i < count; i++) {
        const grasp_json_value *message = json->at(history, i);
        if (py_is(json, json->get(message, SLICE("role")), "agent"))
            read_message(&c, json->as_string(json->get(message, SLICE("content"))),
                         i + 1 < count ? json->at(history, i + 1) : NULL, reference);
    }
}
