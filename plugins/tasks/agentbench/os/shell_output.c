/* SPDX-License-Identifier: MIT */
#include "shell_output.h"

#include <grasp/helpers.h>

#include "common/slice.h"

#define ESC 0x1b
#define BELL 0x07

static bool is_prompt_end(grasp_str line, size_t at)
{
    char mark = line.ptr[at - 1];
    return line.ptr[at] == ' ' && (mark == '#' || mark == '$' || mark == '|');
}

/* A prompt goes from an escape over an @ to the last "# ", "$ " or "| " of its line, with something
 * in between each time. Where it ends, or 0 if none begins at `from`. */
static size_t prompt_end(grasp_str line, size_t from)
{
    size_t at = from + 2;
    while (at < line.len && line.ptr[at] != '@')
        at++;
    for (size_t end = line.len; end-- > at + 3;) {
        if (is_prompt_end(line, end))
            return end + 1;
    }
    return 0;
}

/* The five expressions of the reference, one after the other, each over the whole text. */
static void drop_prompts(struct text *out, grasp_str text)
{
    for (size_t start = 0; start <= text.len;) {
        size_t stop = start;
        while (stop < text.len && text.ptr[stop] != '\n')
            stop++;
        grasp_str line = slice_cut(text, start, stop);
        size_t at = 0, end = 0;
        while (at < line.len && !(line.ptr[at] == ESC && (end = prompt_end(line, at))))
            at++;
        text_str(out, slice_cut(line, 0, at));
        if (end)
            text_str(out, slice_from(line, end));
        if (stop < text.len)
            text_char(out, '\n');
        start = stop + 1;
    }
}

static size_t sequence_end(grasp_str text, size_t at)
{
    size_t end = at + 2;
    if (end > text.len || text.ptr[at + 1] != '[')
        return 0;
    while (end < text.len &&
           (text.ptr[end] == ';' || (text.ptr[end] >= '0' && text.ptr[end] <= '9')))
        end++;
    char last = end < text.len ? (char)(text.ptr[end] | 0x20) : '\0';
    return last >= 'a' && last <= 'z' ? end + 1 : 0;
}

static size_t title_end(grasp_str text, size_t at)
{
    size_t end = at + 2;
    if (end > text.len || text.ptr[at + 1] != ']')
        return 0;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    if (end >= text.len || text.ptr[end] != ';')
        return 0;
    while (end < text.len && text.ptr[end] != BELL)
        end++;
    return end < text.len ? end + 1 : 0;
}

static size_t paste_end(grasp_str text, size_t at)
{
    grasp_str rest = slice_from(text, at);
    return grasp_starts(rest, "\033[?2004h") || grasp_starts(rest, "\033[?2004l") ? at + 8 : 0;
}

static size_t bell_end(grasp_str text, size_t at)
{
    return at + 1;
}

static void drop(struct text *out, grasp_str text, char first,
                 size_t (*end_of)(grasp_str text, size_t at))
{
    for (size_t at = 0; at < text.len;) {
        size_t end = text.ptr[at] == first ? end_of(text, at) : 0;
        if (!end)
            text_char(out, text.ptr[at]);
        at = end ? end : at + 1;
    }
}

void shell_output_clean(struct text *out, grasp_str raw)
{
    static const struct {
        char first;
        size_t (*end_of)(grasp_str text, size_t at);
    } steps[] = {{ESC, sequence_end}, {ESC, title_end}, {ESC, paste_end}, {BELL, bell_end}};
    struct text now CLEANUP_TEXT = {0};
    drop_prompts(&now, raw);
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        struct text next = {0};
        drop(&next, text_view(&now), steps[i].first, steps[i].end_of);
        text_free(&now);
        now = next;
    }
    text_str(out, text_view(&now));
}

void shell_output_lines(struct text *out, grasp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\r' || i + 1 == text.len || text.ptr[i + 1] != '\n')
            text_char(out, text.ptr[i]);
    }
}

grasp_str shell_output_shown(grasp_str text, bool *cut)
{
    *cut = utf8_count(text) > OUTPUT_MAX_CHARACTERS;
    return *cut ? utf8_prefix(text, OUTPUT_KEPT_CHARACTERS) : text;
}
