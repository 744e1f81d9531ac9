/* SPDX-License-Identifier: MIT */
#include "base/yaml_scalar.h"

#include <math.h>
#include <string.h>

/* A position in the text; each take_ function goes past what it takes. */
struct scan {
    const char *p, *end;
};

static bool at_end(const struct scan *s)
{
    return s->p == s->end;
}

static bool take_char(struct scan *s, const char *set)
{
    if (at_end(s) || !*s->p || !strchr(set, *s->p))
        return false;
    s->p++;
    return true;
}

static size_t take_any(struct scan *s, const char *set)
{
    const char *start = s->p;
    while (take_char(s, set))
        ;
    return (size_t)(s->p - start);
}

static bool take_digits(struct scan *s, size_t least, size_t most)
{
    size_t count = 0;
    while (count < most && take_char(s, "0123456789"))
        count++;
    return count >= least;
}

static bool take_text(struct scan *s, const char *text)
{
    size_t len = strlen(text);
    if ((size_t)(s->end - s->p) < len || memcmp(s->p, text, len) != 0)
        return false;
    s->p += len;
    return true;
}

static bool is_one_of(struct str text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(text, words[i]))
            return true;
    }
    return false;
}

static bool is_null(struct str text)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    return is_one_of(text, words, sizeof(words) / sizeof(*words));
}

static bool is_true(struct str text)
{
    static const char *const words[] = {"yes",  "Yes", "YES", "true", "True",
                                        "TRUE", "on",  "On",  "ON"};
    return is_one_of(text, words, sizeof(words) / sizeof(*words));
}

static bool is_false(struct str text)
{
    static const char *const words[] = {"no",    "No",  "NO",  "false", "False",
                                        "FALSE", "off", "Off", "OFF"};
    return is_one_of(text, words, sizeof(words) / sizeof(*words));
}

/* (:[0-5]?[0-9])+ */
static bool take_sixties(struct scan *s)
{
    size_t parts = 0;
    while (take_text(s, ":")) {
        const char *start = s->p;
        if (!take_digits(s, 1, 2) || (s->p - start == 2 && *start > '5'))
            return false;
        parts++;
    }
    return parts > 0;
}

/* Hexadecimal and binary forms need a digit beside the underscores, or there is no value. */
static bool is_based(struct scan *s, const char *digits, const char *digits_or_blank)
{
    struct scan start = *s;
    take_any(&start, "_");
    return take_char(&start, digits) && take_any(s, digits_or_blank) && at_end(s);
}

static bool is_int(struct str text)
{
    struct scan s = {text.ptr, text.ptr + text.len};
    take_char(&s, "+-");
    if (take_text(&s, "0b"))
        return is_based(&s, "01", "01_");
    if (take_text(&s, "0x"))
        return is_based(&s, "0123456789abcdefABCDEF", "0123456789abcdefABCDEF_");
    if (take_text(&s, "0")) {
        take_any(&s, "01234567_");
        return at_end(&s);
    }
    if (!take_any(&s, "123456789"))
        return false;
    take_any(&s, "0123456789_");
    return at_end(&s) || (take_sixties(&s) && at_end(&s));
}

static bool take_exponent(struct scan *s)
{
    if (at_end(s))
        return true;
    return take_char(s, "eE") && take_char(s, "+-") && take_digits(s, 1, SIZE_MAX);
}

static bool is_float(struct str text)
{
    struct scan s = {text.ptr, text.ptr + text.len};
    bool sign = take_char(&s, "+-");
    if (take_text(&s, ".")) {
        struct str rest = {s.p, (size_t)(s.end - s.p)};
        if (str_is(rest, "inf") || str_is(rest, "Inf") || str_is(rest, "INF"))
            return true;
        if (sign)
            return false;
        if (str_is(rest, "nan") || str_is(rest, "NaN") || str_is(rest, "NAN"))
            return true;
        if (!take_char(&s, "0123456789"))
            return false;
        take_any(&s, "0123456789_");
        return take_exponent(&s) && at_end(&s);
    }
    if (!take_char(&s, "0123456789"))
        return false;
    take_any(&s, "0123456789_");
    if (!at_end(&s) && *s.p == ':')
        return take_sixties(&s) && take_text(&s, ".") && (take_any(&s, "0123456789_"), at_end(&s));
    if (!take_text(&s, "."))
        return false;
    take_any(&s, "0123456789_");
    return take_exponent(&s) && at_end(&s);
}

static bool take_zone(struct scan *s)
{
    take_any(s, " \t");
    if (take_text(s, "Z"))
        return true;
    if (!take_char(s, "+-") || !take_digits(s, 1, 2))
        return false;
    return !take_text(s, ":") || take_digits(s, 2, 2);
}

static bool is_timestamp(struct str text)
{
    struct scan s = {text.ptr, text.ptr + text.len};
    if (!take_digits(&s, 4, 4) || !take_text(&s, "-"))
        return false;
    const char *month = s.p;
    if (!take_digits(&s, 1, 2) || !take_text(&s, "-") || !take_digits(&s, 1, 2))
        return false;
    if (at_end(&s))
        return s.end - month == 5;
    if (!take_char(&s, "Tt") && !take_any(&s, " \t"))
        return false;
    if (!take_digits(&s, 1, 2) || !take_text(&s, ":") || !take_digits(&s, 2, 2) ||
        !take_text(&s, ":") || !take_digits(&s, 2, 2))
        return false;
    if (take_text(&s, "."))
        take_any(&s, "0123456789");
    return at_end(&s) || (take_zone(&s) && at_end(&s));
}

enum scalar_kind yaml_scalar_kind(struct str text)
{
    if (is_null(text))
        return SCALAR_NULL;
    if (is_true(text) || is_false(text))
        return SCALAR_BOOL;
    if (str_is(text, "<<"))
        return SCALAR_MERGE;
    if (str_is(text, "="))
        return SCALAR_VALUE;
    if (is_float(text))
        return SCALAR_FLOAT;
    if (is_int(text))
        return SCALAR_INT;
    return is_timestamp(text) ? SCALAR_TIMESTAMP : SCALAR_STR;
}

static bool take_sign(struct str *text)
{
    bool negative = text->len && text->ptr[0] == '-';
    if (negative || (text->len && text->ptr[0] == '+'))
        *text = (struct str){text->ptr + 1, text->len - 1};
    return negative;
}

static int digit_value(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Positive digits in a base; too large ones become a double, which keeps as much as JSON can. */
static struct json *based_int(struct str digits, unsigned base, bool negative)
{
    uint64_t value = 0;
    double wide = 0;
    bool fits = true;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned)digit_value(digits.ptr[i]);
        wide = wide * base + digit;
        fits = fits && !__builtin_mul_overflow(value, base, &value) &&
               !__builtin_add_overflow(value, digit, &value);
    }
    if (fits && value <= (uint64_t)INT64_MAX + negative)
        return json_new_int((int64_t)(negative ? 0 - value : value));
    if (base == 10)
        str_to_double(digits, &wide);
    return json_new_double(negative ? -wide : wide);
}

/* "1:30" is 90. */
static double sixties(struct str text)
{
    double value = 0;
    for (struct str rest = text; rest.ptr;) {
        double part = 0;
        str_to_double(str_cut(&rest, ':'), &part);
        value = value * 60 + part;
    }
    return value;
}

static struct json *int_value(struct str text)
{
    bool negative = take_sign(&text);
    if (str_starts(text, "0b"))
        return based_int((struct str){text.ptr + 2, text.len - 2}, 2, negative);
    if (str_starts(text, "0x"))
        return based_int((struct str){text.ptr + 2, text.len - 2}, 16, negative);
    if (text.len && text.ptr[0] == '0')
        return based_int(text, 8, negative);
    if (!text.len || !memchr(text.ptr, ':', text.len))
        return based_int(text, 10, negative);
    double value = sixties(text);
    if (value < 0x1p53)
        return json_new_int((int64_t)(negative ? -value : value));
    return json_new_double(negative ? -value : value);
}

static struct json *float_value(struct str text)
{
    bool negative = take_sign(&text);
    double value = INFINITY;
    if (text.len == 4 && text.ptr[0] == '.' && (text.ptr[1] | 0x20) == 'n')
        value = NAN;
    else if (text.len && memchr(text.ptr, ':', text.len))
        value = sixties(text);
    else
        str_to_double(text, &value); /* which leaves what is too large at infinity, like ".inf" */
    return json_new_double(negative ? -value : value);
}

struct json *yaml_scalar_value(struct str text, enum scalar_kind kind)
{
    if (kind == SCALAR_NULL)
        return NULL;
    if (kind == SCALAR_BOOL)
        return json_new_bool(is_true(text));
    if (kind != SCALAR_INT && kind != SCALAR_FLOAT)
        return json_new_str(text);
    CLEANUP_BUF struct buf digits = {0};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '_')
            buf_char(&digits, text.ptr[i]);
    }
    struct str clean = buf_view(&digits);
    return kind == SCALAR_INT ? int_value(clean) : float_value(clean);
}
