/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include <grasp/helpers.h>

#include "common/pyrepr.h"
#include "common/slice.h"

/* Is what comes next, after white space, one of : , ] } ? */
static bool ends_value(grasp_str text, size_t at)
{
    uint32_t code;
    while (at < text.len) {
        size_t len = utf8_at(text, at, &code);
        if (!utf8_is_space(code))
            return code < 0x80 && strchr(":,]}", (int)code) && code;
        at += len;
    }
    return false;
}

/* '...' in front of such a sign becomes "...": the pattern '([^']*?)'(?=\s*[:,\]}]), from left to
 * right. */
static void turn_quotes(struct text *out, grasp_str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t close = at + 1;
        if (text.ptr[at] == '\'')
            while (close < text.len && text.ptr[close] != '\'')
                close++;
        if (text.ptr[at] != '\'' || close >= text.len || !ends_value(text, close + 1)) {
            text_char(out, text.ptr[at++]);
            continue;
        }
        text_char(out, '"');
        text_str(out, slice_cut(text, at + 1, close));
        text_char(out, '"');
        at = close + 1;
    }
}

static void put_shown(struct text *out, const grasp_json *json, const grasp_json_value *value)
{
    if (json->kind(value) == GRASP_JSON_STRING)
        text_str(out, json->as_string(value));
    else
        pyrepr(out, json, value);
}

static void put_first(grasp_call *call, struct text *out, const grasp_json *json,
                      const grasp_json_value *value)
{
    if (json->kind(value) == GRASP_JSON_STRING) {
        text_str(out, utf8_prefix(json->as_string(value), TRACE_ITEMS));
        return;
    }
    grasp_json_value *first = json->new_array(call);
    for (uint64_t i = 0; i < TRACE_ITEMS; i++)
        json->append(call, first, json->at(value, i));
    pyrepr(out, json, first);
}

static uint64_t length_of(const grasp_json *json, const grasp_json_value *value)
{
    switch (json->kind(value)) {
    case GRASP_JSON_STRING:
        return utf8_count(json->as_string(value));
    case GRASP_JSON_ARRAY:
    case GRASP_JSON_OBJECT:
        return json->count(value);
    default:
        return UINT64_MAX; /* has none: ends the work on this message */
    }
}

/* A slice of a dictionary is an error in Python too. */
static bool is_unsliced(const grasp_json *json, const grasp_json_value *value)
{
    uint64_t length = length_of(json, value);
    return length == UINT64_MAX || (length > TRACE_ITEMS && json->kind(value) == GRASP_JSON_OBJECT);
}

static grasp_json_value *shorten(grasp_call *call, const grasp_json *json,
                                 const grasp_json_value *object)
{
    grasp_json_value *out = json->new_object(call);
    bool stopped = false;
    for (uint64_t i = 0; i < json->count(object); i++) {
        struct text shown CLEANUP_TEXT = {0};
        grasp_str key;
        grasp_json_value *value = json->member(object, i, &key);
        stopped |= is_unsliced(json, value);
        if (stopped) {
            json->set(call, out, key, value);
            continue;
        }
        uint64_t length = length_of(json, value);
        if (length > TRACE_ITEMS) {
            put_first(call, &shown, json, value);
            text_format(&shown, " ... (%llu more items)",
                        (unsigned long long)(length - TRACE_ITEMS));
        } else {
            put_shown(&shown, json, value);
        }
        json->set(call, out, key, json->new_string(call, text_view(&shown)));
    }
    return out;
}

void trace_reference(grasp_call *call, const grasp_json *json, struct text *out, grasp_str content)
{
    struct text turned CLEANUP_TEXT = {0};
    turn_quotes(&turned, content);
    const grasp_json_value *value = json->parse(call, text_view(&turned), NULL);
    if (json->kind(value) == GRASP_JSON_OBJECT)
        pyrepr(out, json, shorten(call, json, value));
    else
        text_str(out, content);
}

void trace_cut(struct text *out, grasp_str content, size_t characters)
{
    grasp_str first = utf8_prefix(content, characters);
    text_str(out, first);
    if (first.len < content.len)
        text_format(out, " ... (%zu more characters)", utf8_count(slice_from(content, first.len)));
}
