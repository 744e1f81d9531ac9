/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

#define BUF_MAX ((size_t)1 << 30)
#define NOT_ASCII UINT64_C(0x8080808080808080) /* in any of 8 bytes */
#define CAPACITY_MIN ((size_t)256)

struct str str_of(const char *text)
{
    return text ? (struct str){text, strlen(text)} : (struct str){"", 0};
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_is(struct str a, const char *text)
{
    return str_eq(a, str_of(text));
}

bool str_starts(struct str a, const char *prefix)
{
    size_t len = strlen(prefix);
    return a.len >= len && (len == 0 || memcmp(a.ptr, prefix, len) == 0);
}

bool str_ends(struct str a, const char *suffix)
{
    size_t len = strlen(suffix);
    return a.len >= len && (len == 0 || memcmp(a.ptr + a.len - len, suffix, len) == 0);
}

int str_cmp(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str a)
{
    while (a.len && is_space(a.ptr[0])) {
        a.ptr++;
        a.len--;
    }
    while (a.len && is_space(a.ptr[a.len - 1]))
        a.len--;
    return a;
}

struct str str_cut(struct str *rest, char separator)
{
    const char *at = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct str before = *rest;
    if (at) {
        before.len = (size_t)(at - rest->ptr);
        *rest = (struct str){at + 1, rest->len - before.len - 1};
    } else {
        *rest = (struct str){NULL, 0};
    }
    return before;
}

bool str_find(struct str a, struct str needle, size_t *out_at)
{
    const char *at = needle.len ? NULL : a.ptr;
    if (needle.len > a.len)
        return false;
    if (needle.len)
        at = memmem(a.ptr, a.len, needle.ptr, needle.len);
    if (needle.len && !at)
        return false;
    if (out_at)
        *out_at = (size_t)(at - a.ptr);
    return true;
}

/* 32 or 8 if so many bytes are ASCII, 0 if they have to be looked at. */
static size_t ascii_bytes(const char *p, size_t left)
{
    uint64_t words[4] = {NOT_ASCII};
    if (left >= sizeof(words)) {
        memcpy(words, p, sizeof(words));
        if (!((words[0] | words[1] | words[2] | words[3]) & NOT_ASCII))
            return sizeof(words);
    } else if (left >= sizeof(*words)) {
        memcpy(words, p, sizeof(*words));
    }
    return words[0] & NOT_ASCII ? 0 : sizeof(*words);
}

bool str_valid_utf8(struct str a)
{
    const char *p = a.len ? a.ptr : "", *end = p + a.len;
    while (p < end) {
        size_t len = ascii_bytes(p, (size_t)(end - p));
        if (!len)
            len = utf8_length(p, end);
        if (!len)
            return false;
        p += len;
    }
    return true;
}

bool str_to_i64(struct str a, int64_t *out)
{
    bool negative = a.len && a.ptr[0] == '-';
    size_t i = a.len && (negative || a.ptr[0] == '+');
    int64_t value = 0;
    if (i == a.len)
        return false;
    for (; i < a.len; i++) {
        if (a.ptr[i] < '0' || a.ptr[i] > '9')
            return false;
        int digit = a.ptr[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *out = value;
    return true;
}

static size_t count_digits(const char *p, const char *end)
{
    const char *start = p;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return (size_t)(p - start);
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or after the point. */
static bool is_decimal(struct str a)
{
    const char *p = a.len ? a.ptr : "", *end = p + a.len;
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    size_t digits = count_digits(p, end);
    p += digits;
    if (p < end && *p == '.') {
        size_t more = count_digits(++p, end);
        digits += more;
        p += more;
    }
    if (!digits)
        return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        size_t exponent = count_digits(p, end);
        if (!exponent)
            return false;
        p += exponent;
    }
    return p == end;
}

static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

bool str_to_double(struct str a, double *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char small[128];
    if (!is_decimal(a))
        return false;
    pthread_once(&once, make_c_locale);
    char *text = a.len < sizeof(small) ? small : mem_dup(a.ptr, a.len);
    if (text == small) {
        memcpy(small, a.ptr, a.len);
        small[a.len] = '\0';
    }
    double value = strtod_l(text, NULL, c_locale);
    if (text != small)
        mem_free(text);
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

static size_t buf_limit(const struct buf *buf)
{
    return buf->limit && buf->limit < BUF_MAX ? buf->limit : BUF_MAX;
}

static bool buf_fits(const struct buf *buf, size_t len)
{
    size_t limit = buf_limit(buf);
    return buf->len <= limit && len <= limit - buf->len;
}

static bool buf_grow(struct buf *buf, size_t len)
{
    if (!buf_fits(buf, len)) {
        buf->failed = true;
        return false;
    }
    size_t limit = buf_limit(buf), need = buf->len + len + 1;
    size_t capacity = buf->capacity ? buf->capacity * 2 : CAPACITY_MIN;
    if (capacity > limit + 1)
        capacity = limit + 1;
    if (capacity < need)
        capacity = need;
    char *ptr = realloc(buf->ptr, capacity);
    if (!ptr) {
        buf->failed = true;
        return false;
    }
    buf->ptr = ptr;
    buf->capacity = capacity;
    return true;
}

/* Room for len more bytes and the NUL, or the buffer has failed. The capacity is never over the
 * limit. */
static inline bool buf_reserve(struct buf *buf, size_t len)
{
    return (buf->capacity > buf->len && len < buf->capacity - buf->len) || buf_grow(buf, len);
}

void buf_add_growing(struct buf *buf, const void *data, size_t len)
{
    if (!buf_reserve(buf, len))
        return;
    if (len)
        memcpy(buf->ptr + buf->len, data, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

char *buf_room(struct buf *buf, size_t len)
{
    if (!buf_fits(buf, len) || !buf_reserve(buf, len))
        return NULL;
    return buf->ptr + buf->len;
}

void buf_took(struct buf *buf, size_t len)
{
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void buf_str(struct buf *buf, struct str text)
{
    buf_add(buf, text.ptr, text.len);
}

void buf_i64(struct buf *buf, int64_t number)
{
    char digits[20], *at = digits + sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    buf_add(buf, at, (size_t)(digits + sizeof(digits) - at));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    size_t room = buf->capacity > buf->len ? buf->capacity - buf->len : 0;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(room ? buf->ptr + buf->len : NULL, room, format, args);
    va_end(args);
    if (len < 0 || !buf_reserve(buf, (size_t)len)) {
        buf->failed = true;
        if (room)
            buf->ptr[buf->len] = '\0';
    } else {
        if ((size_t)len >= room)
            vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

struct str buf_view(const struct buf *buf)
{
    return buf->ptr ? (struct str){buf->ptr, buf->len} : (struct str){"", 0};
}

char *buf_steal(struct buf *buf)
{
    char *text = buf->ptr ? buf->ptr : mem_dup("", 0);
    *buf = (struct buf){.limit = buf->limit};
    return text;
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

void buf_trim(struct buf *buf)
{
    char *ptr = buf->ptr ? realloc(buf->ptr, buf->len + 1) : NULL;
    if (!ptr)
        return;
    buf->ptr = ptr;
    buf->capacity = buf->len + 1;
}

void buf_free(struct buf *buf)
{
    mem_free(buf->ptr);
    *buf = (struct buf){.limit = buf->limit};
}

static void escape_bytes(struct buf *buf, const char *bytes, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        char out[4] = {'\\', 'x', hex[c >> 4], hex[c & 15]};
        buf_add(buf, out, sizeof(out));
    }
}

void buf_escaped(struct buf *buf, struct str text)
{
    const char *p = text.len ? text.ptr : "", *end = p + text.len;
    while (p < end) {
        size_t len = utf8_length(p, end);
        unsigned char c = (unsigned char)*p;
        /* U+0080 to U+009F are controls too: terminals act on them. */
        bool c1 = len == 2 && c == 0xC2 && (unsigned char)p[1] < 0xA0;
        if (!len || c < 0x20 || c == 0x7F || c1)
            escape_bytes(buf, p, len ? len : 1);
        else
            buf_add(buf, p, len);
        p += len ? len : 1;
    }
}
