/* SPDX-License-Identifier: MIT */
#include "common/payload.h"

#include <string.h>

#include "common/slice.h"

#define MAX_TRIES 64

bool payload_fenced(grasp_str text, grasp_str *out)
{
    size_t from, to;
    if (!slice_find(text, SLICE("```"), 0, &from))
        return false;
    from += 3;
    if (slice_eq(slice_cut(text, from, from + 4), SLICE("json")))
        from += 4;
    if (!slice_find(text, SLICE("```"), from, &to))
        return false;
    *out = slice_trim(slice_cut(text, from, to));
    return true;
}

/* The position after the string that begins at `at`. */
static size_t skip_string(grasp_str text, size_t at)
{
    for (at++; at < text.len && text.ptr[at] != '"'; at++) {
        if (text.ptr[at] == '\\')
            at++;
    }
    return at + 1;
}

bool payload_balanced(grasp_str text, size_t from, char open, char close, grasp_str *out)
{
    size_t depth = 0, start;
    if (!slice_find(text, (grasp_str){&open, 1}, from, &start))
        return false;
    for (size_t at = start; at < text.len;) {
        char c = text.ptr[at];
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        depth += c == open;
        at++;
        if (c == close && --depth == 0) {
            *out = slice_cut(text, start, at);
            return true;
        }
    }
    return false;
}

static size_t constant_at(grasp_str text, size_t at)
{
    static const char *const names[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        size_t len = strlen(names[i]);
        if (text.len - at >= len && memcmp(text.ptr + at, names[i], len) == 0)
            return len;
    }
    return 0;
}

static bool is_trailing_comma(grasp_str text, size_t at)
{
    if (text.ptr[at] != ',')
        return false;
    for (at++; at < text.len && strchr(" \t\r\n", text.ptr[at]) && text.ptr[at];)
        at++;
    return at < text.len && (text.ptr[at] == ']' || text.ptr[at] == '}');
}

static void mend_string(struct text *out, grasp_str string)
{
    for (size_t i = 0; i < string.len; i++) {
        unsigned char c = (unsigned char)string.ptr[i];
        if (c < 0x20)
            text_format(out, "\\u%04x", c);
        else
            text_char(out, (char)c);
    }
}

void payload_mend(struct text *out, grasp_str text, unsigned repairs)
{
    for (size_t at = 0, len; at < text.len; at += len) {
        len = 1;
        if (text.ptr[at] == '"') {
            len = skip_string(text, at) - at;
            grasp_str string = slice_cut(text, at, at + len);
            if (repairs & PAYLOAD_LOOSE)
                mend_string(out, string);
            else
                text_str(out, string);
        } else if ((repairs & PAYLOAD_NAN) && constant_at(text, at)) {
            len = constant_at(text, at);
            text_put(out, "null");
        } else if (!(repairs & PAYLOAD_LOOSE) || !is_trailing_comma(text, at)) {
            text_char(out, text.ptr[at]);
        }
    }
}

/* Reasoning that a model put before its answer. */
static grasp_str after_thoughts(grasp_str text)
{
    size_t at = 0, last = 0;
    while (slice_find(text, SLICE("</think>"), at, &at))
        last = at += 8;
    return slice_from(text, last);
}

static bool next_strict(struct payload_search *search, grasp_str *out)
{
    grasp_str fenced;
    while (search->stage < 2) {
        int stage = search->stage++;
        grasp_str where = search->text;
        if (stage == 0 && (!payload_fenced(search->text, &fenced) || fenced.len == 0))
            continue;
        if (stage == 0)
            where = fenced;
        if (payload_balanced(where, 0, search->open, search->close, out))
            return true;
    }
    return false;
}

bool payload_next(struct payload_search *search, grasp_str *out)
{
    if (search->strict)
        return next_strict(search, out);
    if (search->stage == 0) {
        search->text = after_thoughts(search->text);
        search->stage = 1;
    }
    while (search->tried++ < MAX_TRIES &&
           slice_find(search->text, (grasp_str){&search->open, 1}, search->at, &search->at)) {
        size_t from = search->at++;
        if (payload_balanced(search->text, from, search->open, search->close, out))
            return true;
    }
    return false;
}
