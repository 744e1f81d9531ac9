/* SPDX-License-Identifier: MIT */
#include "run/window.h"

#include <string.h>

#include "base/utf8.h"

#define WORD_LETTERS 7

/* Letters, for scripts in use; ranges that hold none. */
static bool is_letter(uint32_t code)
{
    static const uint32_t others[][2] = {
        {0x80, 0xa9},     {0xab, 0xb4},     {0xb6, 0xb9},       {0xbb, 0xbf},
        {0xd7, 0xd7},     {0xf7, 0xf7},     {0x2c2, 0x2c5},     {0x300, 0x36f},
        {0x483, 0x489},   {0x55a, 0x55f},   {0x591, 0x5cf},     {0x600, 0x61f},
        {0x64b, 0x66d},   {0x6d4, 0x6d4},   {0x6f0, 0x6f9},     {0x93a, 0x93c},
        {0x966, 0x96f},   {0xe50, 0xe5b},   {0x2000, 0x2070},   {0x2074, 0x207e},
        {0x2080, 0x208f}, {0x20a0, 0x2101}, {0x2103, 0x2106},   {0x2140, 0x2144},
        {0x2150, 0x2182}, {0x2189, 0x2bff}, {0x2e00, 0x2e7f},   {0x2e80, 0x3004},
        {0x3007, 0x3030}, {0x3036, 0x303a}, {0x303d, 0x3040},   {0x3200, 0x33ff},
        {0xe000, 0xf8ff}, {0xfe00, 0xfe6f}, {0xff00, 0xff20},   {0xff3b, 0xff40},
        {0xff5b, 0xff65}, {0xffe0, 0xffff}, {0x1d7ce, 0x1d7ff}, {0x1f000, 0x1faff},
    };
    if (code < 0x80)
        return (code | 32) >= 'a' && (code | 32) <= 'z';
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (code <= others[i][1])
            return code < others[i][0];
    }
    return code < 0xe0000;
}

size_t window_segments(struct str text)
{
    size_t count = 0, letters = 0;
    const char *end = text.ptr + text.len;
    for (const char *p = text.ptr; p < end;) {
        size_t len = utf8_length(p, end);
        uint32_t code = len ? utf8_decode(p, len) : 0xfffd;
        p += len ? len : 1;
        if (is_letter(code)) {
            if (++letters == WORD_LETTERS) {
                count++;
                letters = 0;
            }
            continue;
        }
        count += letters > 0;
        letters = 0;
        count += code != ' ' && code != '\n';
    }
    return count + (letters > 0);
}

static bool is_model_turn(const struct message *m)
{
    return str_is(m->role, "agent") || str_is(m->role, "assistant");
}

/* How many messages at the beginning stay whatever comes. */
static size_t opening(const struct message *messages, size_t count, bool whole)
{
    size_t kept = 1;
    while (whole && kept < count && !is_model_turn(&messages[kept]))
        kept++;
    return kept;
}

static struct message with_notice(struct message first, struct str notice, size_t omitted,
                                  struct arena *arena)
{
    CLEANUP_BUF struct buf text = {0};
    size_t at;
    static const struct str hole = STR("{{count}}");
    buf_str(&text, first.content);
    buf_text(&text, "\n\n");
    if (str_find(notice, hole, &at)) {
        buf_str(&text, (struct str){notice.ptr, at});
        buf_printf(&text, "%zu", omitted);
        at += hole.len;
        notice = (struct str){notice.ptr + at, notice.len - at};
    }
    buf_str(&text, notice);
    first.content = (struct str){arena_dup(arena, text.ptr, text.len), text.len};
    return first;
}

const struct message *window_apply(const struct message *messages, size_t count,
                                   const struct task_window *window, struct arena *arena,
                                   size_t *out_count)
{
    *out_count = count;
    if (window->max_segments <= 0 || count < 2)
        return messages;
    size_t head = opening(messages, count, window->whole), total = 0, from = count;
    for (size_t i = 0; i < head; i++)
        total += window_segments(messages[i].content);
    while (from > head) {
        total += window_segments(messages[from - 1].content);
        if (total >= (size_t)window->max_segments)
            break;
        from--;
    }
    while (window->whole && from < count && from > head && str_is(messages[from].role, "tool"))
        from++;
    if (from == head)
        return messages;
    struct message *out = arena_alloc(arena, count * sizeof(*out));
    memcpy(out, messages, head * sizeof(*out));
    memcpy(out + head, messages + from, (count - from) * sizeof(*out));
    out[0] = with_notice(out[0], window->notice, from - head, arena);
    *out_count = head + count - from;
    return out;
}
