/* SPDX-License-Identifier: MIT */
#include "now.h"

#include <grasp/helpers.h>
#include <strings.h>

#include "common/slice.h"

static bool digits_at(grasp_str text, size_t at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (at + i >= text.len || text.ptr[at + i] < '0' || text.ptr[at + i] > '9')
            return false;
    return true;
}

static bool fits(grasp_str text, size_t at, const char *shape)
{
    for (; *shape; shape++, at++) {
        if (at >= text.len)
            return false;
        if (*shape == '0' ? !digits_at(text, at, 1) : text.ptr[at] != *shape)
            return false;
    }
    return true;
}

/* The length of the time stamp at `at`: seconds, perhaps a fraction, and an offset; 0 if there is
 * none. */
static size_t stamp_at(grasp_str text, size_t at, bool lenient)
{
    static const char shape[] = "0000-00-00T00:00:00";
    size_t end = at + sizeof(shape) - 1;
    if (!fits(text, at, shape))
        return 0;
    if (end < text.len && text.ptr[end] == '.' && digits_at(text, end + 1, 1)) {
        end += 2;
        while (digits_at(text, end, 1))
            end++;
    }
    if (fits(text, end, "+00:00") || fits(text, end, "-00:00"))
        return end + 6 - at;
    return lenient && end < text.len && text.ptr[end] == 'Z' ? end + 1 - at : 0;
}

static size_t skip_space(grasp_str text, size_t at)
{
    uint32_t code;
    while (at < text.len) {
        size_t len = utf8_at(text, at, &code);
        if (!utf8_is_space(code))
            break;
        at += len;
    }
    return at;
}

static bool word_at(grasp_str text, size_t at)
{
    uint32_t code;
    return at < text.len && (utf8_at(text, at, &code), utf8_is_word(code));
}

static bool word_before(grasp_str text, size_t at)
{
    uint32_t code;
    if (at == 0)
        return false;
    do
        at--;
    while (at > 0 && ((unsigned char)text.ptr[at] & 0xc0) == 0x80);
    utf8_at(text, at, &code);
    return utf8_is_word(code);
}

/* "It's " or "Its " at `at`: where what follows begins; 0 if it is not there. */
static size_t opening_at(grasp_str text, size_t at)
{
    if (text.len - at < 4 || strncasecmp(text.ptr + at, "it", 2) != 0 || word_before(text, at))
        return 0;
    size_t end = at + 2;
    end += text.ptr[end] == '\'';
    if (end >= text.len || (text.ptr[end] | 32) != 's')
        return 0;
    size_t next = skip_space(text, end + 1);
    return next > end + 1 ? next : 0;
}

static bool stated_now(grasp_str text, bool lenient, grasp_str *out)
{
    for (size_t at = 0; at < text.len; at++) {
        size_t from = opening_at(text, at), len = from ? stamp_at(text, from, lenient) : 0;
        if (!len)
            continue;
        size_t now = skip_space(text, from + len);
        if (text.len - now < 3 || strncasecmp(text.ptr + now, "now", 3) != 0 ||
            word_at(text, now + 3))
            continue;
        *out = slice_cut(text, from, from + len);
        return true;
    }
    return false;
}

static bool last_stamp(grasp_str text, bool lenient, grasp_str *out)
{
    bool found = false;
    for (size_t at = 0, len; at < text.len; at += len ? len : 1) {
        len = stamp_at(text, at, lenient);
        if (len) {
            *out = slice_cut(text, at, at + len);
            found = true;
        }
    }
    return found;
}

/* A date with something that is no time behind it, as in 2023-08-15:00:00+00:00. */
static bool broken_stamp(grasp_str text, struct when *out)
{
    static const char shape[] = "0000-00-00:";
    for (size_t at = 0; at < text.len; at++) {
        if (fits(text, at, shape) && when_read(slice_cut(text, at, at + 10), true, out)) {
            out->aware = true;
            return true;
        }
    }
    return false;
}

struct when now_of_context(grasp_str context, bool lenient, grasp_str *out_text)
{
    static const grasp_str otherwise = {NOW_V2, sizeof(NOW_V2) - 1};
    struct when now;
    grasp_str stamp, ignored;
    if (!out_text)
        out_text = &ignored;
    *out_text = otherwise;
    if ((stated_now(context, lenient, &stamp) || last_stamp(context, lenient, &stamp)) &&
        when_read(stamp, lenient, &now)) {
        *out_text = stamp;
        return now;
    }
    if (lenient && broken_stamp(context, &now)) {
        *out_text = SLICE(""); /* the caller writes it as it should be */
        return now;
    }
    when_read(otherwise, lenient, &now);
    return now;
}
