/* SPDX-License-Identifier: MIT */
#include "common/rule_text.h"

#include <grasp/helpers.h>

#include "common/lines.h"
#include "common/slice.h"
#include "common/tokens.h"

#define MARK_ROOM 20
#define ACTIONABLE 12
#define TAG_LENGTH 4

grasp_str text_truncate(struct pool *pool, grasp_str text, int64_t most)
{
    int64_t count = (int64_t)utf8_count(text), kept = most - MARK_ROOM;
    if (most <= 0)
        return SLICE("");
    if (count <= most)
        return text;
    if (kept < 0) /* Python counts from the end */
        kept = count + kept > 0 ? count + kept : 0;
    text = utf8_prefix(text, (size_t)kept);
    return pool_format(pool, "%.*s\n...[truncated]", (int)text.len, text.ptr);
}

static uint32_t upper(uint32_t code)
{
    if (code >= 'a' && code <= 'z')
        return code - 32;
    for (uint32_t candidate = code > 80 ? code - 80 : 0; candidate < code; candidate++) {
        if (code > 0x80 && candidate > 0x80 && utf8_lower(candidate) == code)
            return candidate;
    }
    return code;
}

static grasp_str strip_ends(grasp_str text)
{
    text = slice_trim(text);
    for (;;) {
        size_t from = 0, to = text.len;
        while (from < to && text.ptr[from] == '-')
            from++;
        while (to > from && text.ptr[to - 1] == '-')
            to--;
        grasp_str next = slice_trim(slice_cut(text, from, to));
        if (next.len == text.len)
            return next;
        text = next;
    }
}

/* After "[P1]", or 0. */
static size_t tag_end(grasp_str rule)
{
    return rule.len >= 4 && rule.ptr[0] == '[' && rule.ptr[1] == 'P' && rule.ptr[2] >= '0' &&
                   rule.ptr[2] <= '2' && rule.ptr[3] == ']'
               ? 4
               : 0;
}

static void collect_lines(struct text *out, grasp_str text, bool last_only)
{
    grasp_str line;
    while (line_of_notes(&text, &line)) {
        if (last_only)
            text_reset(out);
        if (out->len)
            text_char(out, ' ');
        text_str(out, line);
    }
}

grasp_str rule_text(struct pool *pool, grasp_str raw)
{
    static const char *const tags[] = {"memory", "current_prompt"};
    struct text plain CLEANUP_TEXT = {0}, joined CLEANUP_TEXT = {0}, line CLEANUP_TEXT = {0};
    uint32_t first;
    bool wrapped = line_untag(&plain, raw, tags, 2);
    collect_lines(&joined, text_view(&plain), wrapped);
    text_line(&line, text_view(&joined));
    grasp_str text = strip_ends(text_view(&line));
    if (!text.len || tag_end(text))
        return pool_dup(pool, text);
    struct text out CLEANUP_TEXT = {0};
    size_t len = utf8_at(text, 0, &first);
    text_put(&out, "[P1] ");
    text_code(&out, upper(first));
    text_str(&out, slice_from(text, len));
    return pool_dup(pool, text_view(&out));
}

int rule_priority(grasp_str rule)
{
    rule = slice_trim(rule);
    return tag_end(rule) ? rule.ptr[2] - '0' : 1;
}

grasp_str rule_body(grasp_str rule)
{
    rule = slice_trim(rule);
    return slice_trim(slice_from(rule, tag_end(rule)));
}

grasp_str rule_key(struct pool *pool, grasp_str rule)
{
    struct text lower CLEANUP_TEXT = {0}, out CLEANUP_TEXT = {0};
    grasp_str token;
    size_t at = 0;
    text_lower(&lower, rule_body(rule));
    while (token_run(text_view(&lower), &at, &token)) {
        if (out.len)
            text_char(&out, ' ');
        text_str(&out, token);
    }
    return pool_dup(pool, text_view(&out));
}

bool rule_actionable(struct pool *pool, grasp_str rule)
{
    static const char *const banned[] = {"the answer is", "correct answer", "option ", "sample id",
                                         "task id"};
    struct text lower CLEANUP_TEXT = {0};
    grasp_str body = rule_body(rule_text(pool, rule));
    size_t at;
    text_lower(&lower, body);
    for (size_t i = 0; i < sizeof(banned) / sizeof(*banned); i++) {
        if (slice_find(text_view(&lower), grasp_cstr(banned[i]), 0, &at))
            return false;
    }
    return utf8_count(body) >= ACTIONABLE;
}

struct strings rules_usable(struct pool *pool, const struct strings *raw, int64_t most)
{
    struct strings out = {0}, keys = {0};
    for (size_t i = 0; i < raw->count && (int64_t)out.count < most; i++) {
        grasp_str text = rule_text(pool, raw->items[i]), key = rule_key(pool, text);
        if (!rule_actionable(pool, text) || strings_have(&keys, key))
            continue;
        strings_add(pool, &keys, key);
        strings_add(pool, &out, text);
    }
    return out;
}

static bool has_room(const struct strings *tags, int64_t most)
{
    return tags->count == 0 || (int64_t)tags->count < most;
}

static void add_tags(struct pool *pool, struct strings *out, const struct strings *tags,
                     int64_t most)
{
    for (size_t i = 0; tags && i < tags->count && has_room(out, most); i++) {
        struct text lower CLEANUP_TEXT = {0}, line CLEANUP_TEXT = {0};
        text_lower(&lower, tags->items[i]);
        text_line(&line, text_view(&lower));
        for (size_t k = 0; k < line.len; k++)
            line.ptr[k] = line.ptr[k] == ' ' ? '_' : line.ptr[k];
        if (line.len && !strings_have(out, text_view(&line)))
            strings_add(pool, out, pool_dup(pool, text_view(&line)));
    }
}

struct strings tags_merged(struct pool *pool, const struct strings *a, const struct strings *b,
                           grasp_str text, int64_t most)
{
    struct text lower CLEANUP_TEXT = {0};
    struct strings out = {0};
    grasp_str token;
    size_t at = 0;
    add_tags(pool, &out, a, most);
    add_tags(pool, &out, b, most);
    text_lower(&lower, text);
    while (token_run(text_view(&lower), &at, &token) && has_room(&out, most)) {
        if (token.len >= TAG_LENGTH && !strings_have(&out, token))
            strings_add(pool, &out, pool_dup(pool, token));
    }
    return out;
}
