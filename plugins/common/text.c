/* SPDX-License-Identifier: MIT */
#include "common/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"

#define LIMIT ((size_t)64 << 20)

bool text_reserve(struct text *text, size_t more)
{
    size_t limit = text->limit ? text->limit : LIMIT;
    if (text->failed || more > limit || text->len > limit - more) {
        text->failed = true;
        return false;
    }
    if (text->len + more + 1 <= text->capacity)
        return true;
    size_t capacity = text->capacity ? text->capacity * 2 : 256;
    while (capacity < text->len + more + 1)
        capacity *= 2;
    if (capacity > limit + 1)
        capacity = limit + 1;
    char *bigger = realloc(text->ptr, capacity);
    if (!bigger) {
        text->failed = true;
        return false;
    }
    text->ptr = bigger;
    text->capacity = capacity;
    return true;
}

void text_str(struct text *text, grasp_str data)
{
    text_add(text, data.ptr, data.len);
}

void text_code(struct text *text, uint32_t code)
{
    char out[4];
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(marks[len] | code);
    text_add(text, out, len);
}

/* Into the room that there is, and only if that is too little once more. */
void text_format(struct text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = text->failed ? 0 : text->capacity - text->len;
    char *end = room ? text->ptr + text->len : NULL;
    int len = vsnprintf(end, room, format, args);
    if (len < 0 || !text_reserve(text, (size_t)len)) {
        if (room)
            *end = 0;
    } else {
        if ((size_t)len >= room)
            vsnprintf(text->ptr + text->len, (size_t)len + 1, format, again);
        text->len += (size_t)len;
    }
    va_end(again);
    va_end(args);
}

grasp_str text_view(const struct text *text)
{
    return (grasp_str){text->ptr ? text->ptr : "", text->len};
}

void text_reset(struct text *text)
{
    text->len = 0;
    text->failed = false;
}

void text_free(struct text *text)
{
    free(text->ptr);
    memset(text, 0, sizeof(*text));
}

/* digits: as %e writes them, "d.ddde+dd". */
static void put_plain(struct text *text, const char *digits, int exponent)
{
    char run[32];
    int count = 0;
    if (*digits == '-')
        text_char(text, *digits++);
    for (; *digits != 'e'; digits++)
        if (*digits != '.')
            run[count++] = *digits;
    if (exponent < 0) {
        text_put(text, "0.");
        for (int i = exponent + 1; i < 0; i++)
            text_char(text, '0');
        text_add(text, run, (size_t)count);
        return;
    }
    for (int i = 0; i < count || i <= exponent + 1; i++) {
        if (i == exponent + 1)
            text_char(text, '.');
        text_char(text, i < count ? run[i] : '0');
    }
}

void text_double(struct text *text, double number)
{
    char digits[40];
    if (!isfinite(number)) {
        text_put(text, isnan(number) ? "nan" : number < 0 ? "-inf" : "inf");
        return;
    }
    for (int precision = 0; precision < 17; precision++) {
        snprintf(digits, sizeof(digits), "%.*e", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    int exponent = atoi(strchr(digits, 'e') + 1);
    if (exponent >= -4 && exponent < 16)
        put_plain(text, digits, exponent);
    else
        text_put(text, digits);
}

/* What PyYAML takes for a line break or refuses to read. */
static bool must_escape(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029 ||
           code == 0xfeff || code == 0xfffe || code == 0xffff;
}

static void escape(struct text *text, uint32_t code)
{
    if (code == '\n')
        text_put(text, "\\n");
    else if (code == '\t')
        text_put(text, "\\t");
    else if (code == '\r')
        text_put(text, "\\r");
    else
        text_format(text, "\\u%04x", code);
}

/* How many characters from here on are ASCII that needs no escape. */
static size_t plain_run(grasp_str data, size_t at)
{
    size_t end = at;
    while (end < data.len && data.ptr[end] >= ' ' && data.ptr[end] < 0x7f && data.ptr[end] != '"' &&
           data.ptr[end] != '\\')
        end++;
    return end - at;
}

void text_json(struct text *text, grasp_str data)
{
    uint32_t code;
    text_char(text, '"');
    for (size_t at = 0, len; at < data.len; at += len) {
        len = plain_run(data, at);
        if (len) {
            text_add(text, data.ptr + at, len);
            continue;
        }
        len = utf8_at(data, at, &code);
        if (code == '"' || code == '\\')
            text_char(text, '\\');
        if (must_escape(code))
            escape(text, code);
        else
            text_code(text, code);
    }
    text_char(text, '"');
}

void text_line(struct text *text, grasp_str data)
{
    uint32_t code;
    bool blank = false;
    data = slice_trim(data);
    for (size_t at = 0, len; at < data.len; at += len) {
        len = utf8_at(data, at, &code);
        if (!utf8_is_space(code)) {
            if (blank)
                text_char(text, ' ');
            text_code(text, code);
        }
        blank = utf8_is_space(code);
    }
}
