/* SPDX-License-Identifier: MIT */
#include "common/lines.h"

#include <string.h>

#include "common/slice.h"
#include "common/tokens.h"

static bool ends_line(uint32_t code)
{
    return (code >= 10 && code <= 13) || (code >= 28 && code <= 30) || code == 0x85 ||
           code == 0x2028 || code == 0x2029;
}

bool line_next(grasp_str *rest, grasp_str *out_line)
{
    uint32_t code;
    size_t at = 0, len = 0;
    if (rest->len == 0)
        return false;
    for (; at < rest->len; at += len) {
        len = utf8_at(*rest, at, &code);
        if (ends_line(code))
            break;
        len = len ? len : 1;
    }
    *out_line = slice_cut(*rest, 0, at);
    if (at + 1 < rest->len && rest->ptr[at] == '\r' && rest->ptr[at + 1] == '\n')
        len = 2;
    *rest = slice_from(*rest, at < rest->len ? at + len : at);
    return true;
}

bool line_at(grasp_str text, size_t at, const char *words)
{
    for (; *words; words++, at++) {
        if (at >= text.len ||
            (utf8_lower((unsigned char)text.ptr[at]) & 0xff) != utf8_lower((unsigned char)*words))
            return false;
    }
    return true;
}

bool line_starts(grasp_str text, const char *prefix)
{
    struct text lower CLEANUP_TEXT = {0};
    size_t len = strlen(prefix);
    text_lower(&lower, utf8_prefix(text, len));
    return lower.len >= len && memcmp(lower.ptr, prefix, len) == 0;
}

grasp_str line_unbulleted(grasp_str line)
{
    uint32_t code;
    if (line.len < 2 || (line.ptr[0] != '-' && line.ptr[0] != '*'))
        return line;
    utf8_at(line, 1, &code);
    if (!utf8_is_space(code))
        return line;
    size_t at = 1, len;
    for (; at < line.len; at += len) {
        len = utf8_at(line, at, &code);
        if (!utf8_is_space(code))
            break;
    }
    return slice_from(line, at);
}

/* Length of a tag at `at`, 0 if there is none. */
static size_t tag_at(grasp_str text, size_t at, const char *const *tags, size_t count)
{
    if (text.ptr[at] != '<')
        return 0;
    size_t from = at + 1;
    from += from < text.len && text.ptr[from] == '/';
    for (size_t i = 0; i < count; i++) {
        size_t end = from + strlen(tags[i]);
        if (line_at(text, from, tags[i]) && end < text.len && text.ptr[end] == '>')
            return end + 1 - at;
    }
    return 0;
}

bool line_of_notes(grasp_str *rest, grasp_str *out_line)
{
    struct text header CLEANUP_TEXT = {0};
    grasp_str line;
    text_lower(&header, SLICE(NOTES_HEADER));
    text_char(&header, '\0');
    while (line_next(rest, &line)) {
        line = slice_trim(line);
        if (!line.len || line_starts(line, header.ptr))
            continue;
        *out_line = line_unbulleted(line);
        return true;
    }
    return false;
}

bool line_untag(struct text *out, grasp_str text, const char *const *tags, size_t count)
{
    bool found = false;
    for (size_t at = 0; at < text.len;) {
        size_t len = tag_at(text, at, tags, count);
        found |= len > 0;
        text_char(out, len ? '\n' : text.ptr[at]);
        at += len ? len : 1;
    }
    return found;
}

bool line_fenced(grasp_str text, const char *const *languages, grasp_str *out)
{
    size_t from, to;
    if (!slice_find(text, SLICE("```"), 0, &from))
        return false;
    from += 3;
    for (; *languages; languages++) {
        if (line_at(text, from, *languages)) {
            from += strlen(*languages);
            break;
        }
    }
    if (!slice_find(text, SLICE("```"), from, &to))
        return false;
    *out = slice_trim(slice_cut(text, from, to));
    return true;
}

static bool is_word_before(grasp_str text, size_t at)
{
    uint32_t code;
    if (at == 0)
        return false;
    for (at--; at > 0 && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;)
        at--;
    utf8_at(text, at, &code);
    return utf8_is_word(code);
}

bool line_find_words(grasp_str text, const char *words, size_t *out_at)
{
    uint32_t code;
    size_t len = strlen(words);
    for (size_t at = 0; at + len <= text.len; at++) {
        if (!line_at(text, at, words) || is_word_before(text, at))
            continue;
        if (at + len < text.len) {
            utf8_at(text, at + len, &code);
            if (utf8_is_word(code))
                continue;
        }
        *out_at = at;
        return true;
    }
    return false;
}

bool line_between(grasp_str text, const char *open, const char *close, grasp_str *out)
{
    size_t from, to, len = strlen(open);
    if (!slice_find(text, (grasp_str){open, len}, 0, &from) ||
        !slice_find(text, (grasp_str){close, strlen(close)}, from + len, &to))
        return false;
    *out = slice_cut(text, from + len, to);
    return true;
}
