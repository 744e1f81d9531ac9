/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_bytes.h"
#include "base/mem.h"
#include "base/utf8.h"

#define BLOCK 1024
#define GROUP JSON_GROUP

/* What follows the backslash in the escape of one letter; 0: none. */
static const char short_escapes[256] = {
    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n',  ['\f'] = 'f',
    ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\',
};

static void write_escape(struct buf *buf, uint32_t code)
{
    if (code < 0x10000) {
        buf_printf(buf, "\\u%04x", (unsigned)code);
    } else {
        code -= 0x10000;
        buf_printf(buf, "\\u%04x\\u%04x", (unsigned)(0xD800 + (code >> 10)),
                   (unsigned)(0xDC00 + (code & 0x3FF)));
    }
}

/* Writes the first count bytes of the two groups at p, up to GROUP; returns how many, less if one
 * has no short escape. What is left of 2 * GROUP bytes from *out on may be overwritten. */
static size_t write_group(char **out, const char *p, size_t count)
{
    char *w = *out;
    size_t from = 0;
    for (uint32_t marks = json_marks(p) & ((1u << count) - 1); marks; marks &= marks - 1) {
        size_t at = (size_t)__builtin_ctz(marks);
        char letter = short_escapes[(unsigned char)p[at]];
        memcpy(w, p + from, GROUP);
        w += at - from;
        from = at;
        if (!letter) {
            *out = w;
            return at;
        }
        *w++ = '\\';
        *w++ = letter;
        from++;
    }
    memcpy(w, p + from, GROUP);
    *out = w + (count - from);
    return count;
}

/* Sequences of UTF-8 from p on. */
static const char *write_sequences(char **out, const char *p, const char *end)
{
    char *w = *out;
    while (p < end && (unsigned char)*p >= 0x80) {
        size_t len = utf8_length(p, end);
        if (!len)
            break;
        memcpy(w, p, len);
        w += len;
        p += len;
    }
    *out = w;
    return p;
}

/* Writes from p on what needs at most 2 bytes for each of its own, into room for that and two
 * groups; returns where it ends. */
static const char *write_plain(char **out, const char *p, const char *end, bool ascii)
{
    while (p < end) {
        size_t left = (size_t)(end - p), count = left < GROUP ? left : GROUP;
        char tail[2 * GROUP] = {0};
        if (left < sizeof(tail))
            memcpy(tail, p, left);
        size_t done = write_group(out, left < sizeof(tail) ? tail : p, count);
        p += done;
        if (done == count)
            continue;
        const char *next = ascii ? p : write_sequences(out, p, end);
        if (next == p)
            break;
        p = next;
    }
    return p;
}

/* The same into a buffer; nothing if that might not have the room. */
static const char *write_block(struct buf *buf, const char *p, const char *end, bool ascii)
{
    char *start = buf_room(buf, (size_t)(end - p) * 2 + (size_t)2 * GROUP);
    if (!start)
        return p;
    char *w = start;
    p = write_plain(&w, p, end, ascii);
    buf_took(buf, (size_t)(w - start));
    return p;
}

static const char *write_char(struct buf *buf, const char *p, const char *end, bool ascii)
{
    unsigned char c = (unsigned char)*p;
    char letter = short_escapes[c];
    size_t len = utf8_length(p, end);
    if (letter)
        buf_add(buf, (char[]){'\\', letter}, 2);
    else if (c < 0x20 || (ascii && !(c < 0x7F)))
        write_escape(buf, len ? utf8_decode(p, len) : 0xFFFD);
    else if (len)
        buf_add(buf, p, len);
    else
        buf_text(buf, "\xEF\xBF\xBD");
    return p + (len ? len : 1);
}

void json_write_ints(struct buf *buf, const int64_t *numbers, size_t count)
{
    buf_char(buf, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_text(buf, ", ");
        buf_i64(buf, numbers[i]);
    }
    buf_char(buf, ']');
}

void json_write_next(struct buf *buf, const char *name)
{
    buf_text(buf, ", \"");
    buf_text(buf, name);
    buf_text(buf, "\": ");
}

void json_write_str(struct buf *buf, struct str text, unsigned flags)
{
    const char *p = text.len ? text.ptr : "", *end = p + text.len;
    bool ascii = flags & JSON_ASCII;
    buf_char(buf, '"');
    while (p < end) {
        p = write_block(buf, p, end - p > BLOCK ? p + BLOCK : end, ascii);
        if (p < end)
            p = write_char(buf, p, end, ascii);
    }
    buf_char(buf, '"');
}

struct decimal {
    char digits[32];
    int count;
    int exponent; /* of the first digit */
};

/* number > 0 in scientific form with so many digits, whatever the locale's decimal point; true if
 * it reads back as the same number. */
static bool to_digits(double number, int count, struct decimal *out)
{
    char text[64], again[64];
    snprintf(text, sizeof(text), "%.*e", count - 1, number);
    const char *e = strchr(text, 'e');
    out->count = 0;
    for (const char *p = text; p < e; p++) {
        if (*p >= '0' && *p <= '9')
            out->digits[out->count++] = *p;
    }
    out->exponent = atoi(e + 1);
    int len = snprintf(again, sizeof(again), "%.*se%d", out->count, out->digits,
                       out->exponent - out->count + 1);
    double value;
    return str_to_double((struct str){again, (size_t)len}, &value) && value == number;
}

/* At a power of two the numbers below are nearer than those above, so that the nearest decimal may
 * not read back while the one after it does. */
static bool next_digits(double number, struct decimal *d)
{
    char again[64];
    struct decimal next = *d;
    int i = next.count - 1;
    while (i > 0 && next.digits[i] == '9')
        next.digits[i--] = '0';
    if (next.digits[i] == '9')
        return false;
    next.digits[i]++;
    int len = snprintf(again, sizeof(again), "%.*se%d", next.count, next.digits,
                       next.exponent - next.count + 1);
    double value;
    if (!str_to_double((struct str){again, (size_t)len}, &value) || value != number)
        return false;
    *d = next;
    return true;
}

/* A number that is a whole one of so many of its last decimals, with 15 digits at most: then these
 * are its digits, as a whole number and a power of ten below 1e22 divide into the nearest double.
 */
static bool short_digits(double number, struct decimal *out)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    for (int places = 0; places < (int)(sizeof(powers) / sizeof(*powers)); places++) {
        double whole = number * powers[places];
        if (!(whole < 1e15))
            return false;
        if (whole < 1 || whole != floor(whole) || whole / powers[places] != number)
            continue;
        char digits[20];
        int count = 0;
        for (uint64_t rest = (uint64_t)whole; rest; rest /= 10)
            digits[count++] = (char)('0' + rest % 10);
        for (int i = 0; i < count; i++)
            out->digits[i] = digits[count - 1 - i];
        out->count = count;
        out->exponent = count - 1 - places;
        return true;
    }
    return false;
}

/* The fewest digits that read back as the number. 15 always fit a normal number, so that fewer
 * show as zeros at the end; a subnormal one may need only one. */
static void shortest(double number, struct decimal *out)
{
    int count = number < 0x1p-1022 ? 1 : 15;
    bool found = short_digits(number, out);
    while (!found && count < 17 && !to_digits(number, count, out) && !next_digits(number, out))
        count++;
    if (count == 17)
        to_digits(number, 17, out);
    while (out->count > 1 && out->digits[out->count - 1] == '0')
        out->count--;
}

static void write_zeros(struct buf *buf, int count)
{
    while (count-- > 0)
        buf_char(buf, '0');
}

static void write_fixed(struct buf *buf, const struct decimal *d)
{
    int before = d->exponent + 1; /* digits before the point */
    if (before <= 0) {
        buf_text(buf, "0.");
        write_zeros(buf, -before);
        buf_add(buf, d->digits, (size_t)d->count);
        return;
    }
    int shown = before < d->count ? before : d->count;
    buf_add(buf, d->digits, (size_t)shown);
    write_zeros(buf, before - shown);
    buf_char(buf, '.');
    if (shown < d->count)
        buf_add(buf, d->digits + shown, (size_t)(d->count - shown));
    else
        buf_char(buf, '0');
}

static void write_scientific(struct buf *buf, const struct decimal *d)
{
    buf_char(buf, d->digits[0]);
    if (d->count > 1) {
        buf_char(buf, '.');
        buf_add(buf, d->digits + 1, (size_t)d->count - 1);
    }
    buf_printf(buf, "e%c%02d", d->exponent < 0 ? '-' : '+', abs(d->exponent));
}

void json_write_double(struct buf *buf, double number)
{
    if (isnan(number)) {
        buf_text(buf, "NaN");
        return;
    }
    if (signbit(number))
        buf_char(buf, '-');
    number = fabs(number);
    struct decimal d;
    if (isinf(number)) {
        buf_text(buf, "Infinity");
    } else if (number < 1e15 && number == floor(number)) {
        buf_i64(buf, (int64_t)number);
        buf_text(buf, ".0");
    } else {
        shortest(number, &d);
        if (d.exponent >= -4 && d.exponent < 16)
            write_fixed(buf, &d);
        else
            write_scientific(buf, &d);
    }
}

struct writer {
    struct buf *buf;
    unsigned flags;
    int depth;
};

static void write_value(struct writer *w, const struct json *value);

/* Between "[" or "," and what follows. */
static void write_break(struct writer *w)
{
    if (!(w->flags & JSON_INDENT2))
        return;
    buf_char(w->buf, '\n');
    for (int i = 0; i < w->depth; i++)
        buf_text(w->buf, "  ");
}

static void write_comma(struct writer *w)
{
    buf_char(w->buf, ',');
    if (!(w->flags & (JSON_COMPACT | JSON_INDENT2)))
        buf_char(w->buf, ' ');
}

static void write_array(struct writer *w, const struct json *array)
{
    size_t count = json_count(array);
    buf_char(w->buf, '[');
    w->depth++;
    for (size_t i = 0; i < count; i++) {
        if (i)
            write_comma(w);
        write_break(w);
        write_value(w, json_at(array, i));
    }
    w->depth--;
    if (count)
        write_break(w);
    buf_char(w->buf, ']');
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct json_iter *)a)->key, ((const struct json_iter *)b)->key);
}

static void write_member(struct writer *w, const struct json_iter *member, bool first)
{
    if (!first)
        write_comma(w);
    write_break(w);
    json_write_str(w->buf, member->key, w->flags);
    buf_text(w->buf, w->flags & JSON_COMPACT ? ":" : ": ");
    write_value(w, member->value);
}

static void write_sorted(struct writer *w, const struct json *object)
{
    size_t count = 0;
    CLEANUP_FREE struct json_iter *members = mem_array(json_count(object), sizeof(*members));
    for (struct json_iter it = json_members(object); json_next(&it);)
        members[count++] = it;
    /* UTF-8 sorts by bytes as by code points. */
    qsort(members, count, sizeof(*members), by_key);
    for (size_t i = 0; i < count; i++)
        write_member(w, &members[i], i == 0);
}

static void write_object(struct writer *w, const struct json *object)
{
    buf_char(w->buf, '{');
    w->depth++;
    bool first = true;
    if (w->flags & JSON_SORTED) {
        write_sorted(w, object);
    } else {
        for (struct json_iter it = json_members(object); json_next(&it); first = false)
            write_member(w, &it, first);
    }
    w->depth--;
    if (json_count(object))
        write_break(w);
    buf_char(w->buf, '}');
}

static void write_value(struct writer *w, const struct json *value)
{
    switch (json_kind(value)) {
    case JSON_NULL:
        buf_text(w->buf, "null");
        break;
    case JSON_BOOL:
        buf_text(w->buf, json_bool(value, false) ? "true" : "false");
        break;
    case JSON_INT:
        buf_i64(w->buf, json_int(value, 0));
        break;
    case JSON_DOUBLE:
        json_write_double(w->buf, json_double(value, 0));
        break;
    case JSON_STRING:
        json_write_str(w->buf, json_str(value), w->flags);
        break;
    case JSON_ARRAY:
        write_array(w, value);
        break;
    case JSON_OBJECT:
        write_object(w, value);
        break;
    }
}

void json_write(struct buf *buf, const struct json *value, unsigned flags)
{
    struct writer w = {.buf = buf, .flags = flags};
    write_value(&w, value);
}
