/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_number(struct text *text, int64_t number)
{
    char digits[20], *at = digits + sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    text_add(text, at, (size_t)(digits + sizeof(digits) - at));
}

/* How many bytes a character has that starts with `first`, and the least code point that needs
 * so many; 0 for a byte that starts none. */
static size_t utf8_length(unsigned char first, uint32_t *out_least)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = first < 0x80             ? 1
                    : (first & 0xe0) == 0xc0 ? 2
                    : (first & 0xf0) == 0xe0 ? 3
                    : (first & 0xf8) == 0xf0 ? 4
                                             : 0;
    *out_least = least[length];
    return length;
}

size_t text_decode(grasp_str data, uint32_t *out)
{
    const unsigned char *p = (const unsigned char *)data.ptr;
    uint32_t least;
    if (!data.len)
        return 0;
    size_t length = utf8_length(p[0], &least);
    if (!length || length > data.len)
        return 0;
    uint32_t code = length == 1 ? p[0] : p[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *out = code;
    return length;
}

static size_t ascii_run(grasp_str data)
{
    size_t i = 0;
    while (i + 8 <= data.len) {
        uint64_t word;
        memcpy(&word, data.ptr + i, 8);
        if (word & 0x8080808080808080u)
            break;
        i += 8;
    }
    while (i < data.len && !(data.ptr[i] & 0x80))
        i++;
    return i;
}

static grasp_str after(grasp_str data, size_t count)
{
    return (grasp_str){data.ptr + count, data.len - count};
}

bool text_is_utf8(grasp_str data)
{
    uint32_t code;
    while (data.len) {
        size_t step = ascii_run(data);
        if (!step)
            step = text_decode(data, &code);
        if (!step)
            return false;
        data = after(data, step);
    }
    return true;
}

void text_clean(struct text *text, grasp_str data, size_t limit)
{
    size_t room = limit;
    uint32_t code;
    while (data.len && room) {
        size_t step = ascii_run((grasp_str){data.ptr, data.len < room ? data.len : room});
        bool valid = step || (step = text_decode(data, &code)) != 0;
        if (step > room)
            break;
        if (valid)
            text_add(text, data.ptr, step);
        else
            text_put(text, "\xef\xbf\xbd");
        step = valid ? step : 1;
        data = after(data, step);
        room -= step;
    }
}

static void escape_unit(struct text *text, uint32_t unit)
{
    char escape[7];
    snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(unit & 0xffff));
    text_add(text, escape, 6);
}

static void escape_code(struct text *text, uint32_t code)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = code < 0x80 && code ? strchr(plain, (int)code) : NULL;
    if (found) {
        char escape[2] = {'\\', letters[found - plain]};
        text_add(text, escape, 2);
    } else if (code < 0x10000) {
        escape_unit(text, code);
    } else {
        escape_unit(text, 0xd800 + ((code - 0x10000) >> 10));
        escape_unit(text, 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
}

void text_escaped(struct text *text, grasp_str data)
{
    while (data.len) {
        size_t run = 0;
        while (run < data.len && data.ptr[run] >= ' ' && data.ptr[run] < 0x7f &&
               data.ptr[run] != '"' && data.ptr[run] != '\\')
            run++;
        text_add(text, data.ptr, run);
        data = after(data, run);
        if (!data.len)
            break;
        uint32_t code = 0xfffd;
        size_t step = text_decode(data, &code);
        if (code == 0x7f)
            text_add(text, "\x7f", 1);
        else
            escape_code(text, code);
        data = after(data, step ? step : 1);
    }
}

static bool is_space(uint32_t code)
{
    return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x20) || code == 0x85 ||
           code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
           code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

/* The last character of `data`; 0 bytes if the text does not end in a valid one. */
static size_t decode_last(grasp_str data, uint32_t *out)
{
    for (size_t back = 1; back <= 4 && back <= data.len; back++)
        if (text_decode(after(data, data.len - back), out) == back)
            return back;
    return 0;
}

grasp_str text_trim(grasp_str data)
{
    uint32_t code;
    size_t step;
    while ((step = text_decode(data, &code)) && is_space(code))
        data = after(data, step);
    while ((step = decode_last(data, &code)) && is_space(code))
        data.len -= step;
    return data;
}
