/* SPDX-License-Identifier: MIT */
#include "common/slice.h"

#include <string.h>

bool slice_eq(grasp_str a, grasp_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int slice_cmp(grasp_str a, grasp_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool slice_ends(grasp_str text, const char *suffix)
{
    size_t len = strlen(suffix);
    return text.len >= len && memcmp(text.ptr + text.len - len, suffix, len) == 0;
}

grasp_str slice_cut(grasp_str text, size_t from, size_t to)
{
    if (to > text.len)
        to = text.len;
    if (from > to)
        from = to;
    return (grasp_str){text.ptr + from, to - from};
}

grasp_str slice_from(grasp_str text, size_t at)
{
    return slice_cut(text, at, text.len);
}

bool slice_find(grasp_str text, grasp_str part, size_t from, size_t *out_at)
{
    if (from > text.len || part.len > text.len - from)
        return false;
    const char *found =
        part.len ? memmem(text.ptr + from, text.len - from, part.ptr, part.len) : text.ptr + from;
    if (!found)
        return false;
    *out_at = (size_t)(found - text.ptr);
    return true;
}

bool slice_line(grasp_str *rest, grasp_str *out_line)
{
    size_t at;
    if (rest->len == 0)
        return false;
    if (!slice_find(*rest, SLICE("\n"), 0, &at))
        at = rest->len;
    *out_line = slice_cut(*rest, 0, at);
    *rest = slice_from(*rest, at + 1);
    return true;
}

bool utf8_is_space(uint32_t code)
{
    return (code >= 9 && code <= 13) || (code >= 28 && code <= 32) || code == 0x85 ||
           code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) || code == 0x2028 ||
           code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

grasp_str slice_trim(grasp_str text)
{
    uint32_t code;
    size_t from = 0, to = text.len, at;
    while (from < to) {
        size_t len = utf8_at(text, from, &code);
        if (!utf8_is_space(code))
            break;
        from += len;
    }
    while (to > from) {
        for (at = to - 1; at > from && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;)
            at--;
        utf8_at(text, at, &code);
        if (!utf8_is_space(code))
            break;
        to = at;
    }
    return slice_cut(text, from, to);
}

uint64_t slice_hash(grasp_str text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001b3u;
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return hash ^ hash >> 32;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t slice_decode(grasp_str text, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i] == '+' ? ' ' : text.ptr[i];
        bool escape = c == '%' && i + 2 < text.len;
        int high = escape ? hex_digit(text.ptr[i + 1]) : -1;
        int low = escape ? hex_digit(text.ptr[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[len++] = c;
    }
    return len;
}

/* Length by the first byte, 0 if no character starts with it. */
static size_t length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

static bool code_ok(uint32_t code, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return code >= least[len] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

static size_t decode(grasp_str text, size_t at, uint32_t *out)
{
    const unsigned char *p = (const unsigned char *)text.ptr + at;
    size_t len = length_of(p[0]);
    if (len == 0 || len > text.len - at)
        return 0;
    uint32_t code = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (!code_ok(code, len))
        return 0;
    *out = code;
    return len;
}

size_t utf8_at(grasp_str text, size_t at, uint32_t *out)
{
    size_t len = decode(text, at, out);
    if (len)
        return len;
    *out = 0xfffd;
    return 1;
}

bool utf8_valid(grasp_str text)
{
    uint32_t code;
    for (size_t at = 0; at < text.len;) {
        size_t len = decode(text, at, &code);
        if (len == 0)
            return false;
        at += len;
    }
    return true;
}

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

grasp_str utf8_prefix(grasp_str text, size_t characters)
{
    if (text.len <= characters)
        return text;
    size_t at = 0;
    for (; at < text.len; at++) {
        if (starts_character(text.ptr[at]) && characters-- == 0)
            break;
    }
    return slice_cut(text, 0, at);
}

grasp_str utf8_suffix(grasp_str text, size_t characters)
{
    if (text.len <= characters)
        return text;
    size_t at = text.len;
    while (at > 0 && characters > 0)
        characters -= starts_character(text.ptr[--at]);
    return slice_from(text, at);
}

size_t utf8_count(grasp_str text)
{
    size_t followers = 0, i = 0;
    for (; i + 32 <= text.len; i += 32) {
        uint64_t words[4], sum = 0;
        memcpy(words, text.ptr + i, sizeof(words));
        /* 10xxxxxx: the highest bit set, the one below it not. The product adds eight sums up. */
        for (int k = 0; k < 4; k++)
            sum += (words[k] & ~(words[k] << 1) & UINT64_C(0x8080808080808080)) >> 7;
        followers += sum * UINT64_C(0x0101010101010101) >> 56;
    }
    for (; i < text.len; i++)
        followers += !starts_character(text.ptr[i]);
    return text.len - followers;
}

bool utf8_is_word(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } others[] = {
        {0x80, 0xa9},     {0xab, 0xb1},       {0xb4, 0xb4},       {0xb6, 0xb8},
        {0xbb, 0xbb},     {0xbf, 0xbf},       {0xd7, 0xd7},       {0xf7, 0xf7},
        {0x2c2, 0x2c5},   {0x300, 0x36f},     {0x2000, 0x206f},   {0x20a0, 0x20ff},
        {0x2190, 0x245f}, {0x2500, 0x2775},   {0x2794, 0x2bff},   {0x3000, 0x3004},
        {0x3008, 0x3020}, {0x3030, 0x3030},   {0xe000, 0xf8ff},   {0xfe10, 0xfe6f},
        {0xff01, 0xff0f}, {0xff1a, 0xff20},   {0xff3b, 0xff40},   {0xff5b, 0xff65},
        {0xffe0, 0xffff}, {0x1f000, 0x1f0ff}, {0x1f10d, 0x1faff},
    };
    if (code < 0x80)
        return code == '_' || (code >= '0' && code <= '9') ||
               ((code | 32) >= 'a' && (code | 32) <= 'z');
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (code <= others[i].last)
            return code < others[i].first;
    }
    return true;
}

uint32_t utf8_lower(uint32_t code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + 32 : code;
    if ((code >= 0xc0 && code <= 0xde && code != 0xd7) || (code >= 0x391 && code <= 0x3a9) ||
        (code >= 0x410 && code <= 0x42f))
        return code + 32;
    if (code >= 0x400 && code <= 0x40f)
        return code + 80;
    if (code == 0x178)
        return 0xff;
    if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e))
        return code + (code & 1);
    if (code >= 0x100 && code <= 0x177 && code != 0x130)
        return code | 1;
    return code == 0x212a ? 'k' : code;
}
