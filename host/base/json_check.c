/* SPDX-License-Identifier: MIT */
/* RFC 8259 in one pass, without recursion: one bit a level says object or array. */
#include "base/json.h"

#include <string.h>

#include "base/json_bytes.h"
#include "base/utf8.h"

struct check {
    const char *p, *end;
    const char *why;
    unsigned depth;
    unsigned char objects[JSON_MAX_DEPTH / 8 + 1];
};

static bool fault(struct check *c, const char *why)
{
    c->why = why;
    return false;
}

static void skip_blanks(struct check *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\t' || *c->p == '\r'))
        c->p++;
}

static bool check_escape(struct check *c)
{
    if (++c->p == c->end)
        return fault(c, "the text ends within a string");
    if (*c->p == 'u') {
        for (int i = 0; i < 4; i++) {
            if (++c->p == c->end)
                return fault(c, "the text ends within a string");
            char low = (char)(*c->p | 0x20);
            if (!(*c->p >= '0' && *c->p <= '9') && !(low >= 'a' && low <= 'f'))
                return fault(c, "\\u is not followed by four hexadecimal digits");
        }
    } else if (!*c->p || !strchr("\"\\/bfnrt", *c->p)) {
        return fault(c, "unknown escape in a string");
    }
    c->p++;
    return true;
}

/* At the opening quote. */
static bool check_string(struct check *c)
{
    for (c->p++; (c->p = json_skip_plain(c->p, c->end)) < c->end;) {
        unsigned char byte = (unsigned char)*c->p;
        if (byte == '"') {
            c->p++;
            return true;
        }
        if (byte == '\\') {
            if (!check_escape(c))
                return false;
        } else if (byte < 0x20) {
            return fault(c, "control character in a string; write it as \\n, \\t or \\u00XX");
        } else if (byte < 0x80) {
            c->p++;
        } else {
            size_t len = utf8_length(c->p, c->end);
            if (!len)
                return fault(c, "invalid UTF-8");
            c->p += len;
        }
    }
    return fault(c, "the text ends within a string");
}

static size_t skip_digits(struct check *c)
{
    const char *start = c->p;
    while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
        c->p++;
    return (size_t)(c->p - start);
}

static bool check_fraction(struct check *c)
{
    if (c->p < c->end && *c->p == '.') {
        c->p++;
        if (!skip_digits(c))
            return fault(c, "a digit is missing after the decimal point");
    }
    if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
        c->p++;
        if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
            c->p++;
        size_t digits = skip_digits(c);
        if (!digits)
            return fault(c, "a digit is missing in the exponent");
    }
    return true;
}

static bool check_number(struct check *c)
{
    const char *start = c->p;
    if (*c->p == '-')
        c->p++;
    const char *first = c->p;
    size_t digits = skip_digits(c);
    if (!digits)
        return fault(c, "a value is missing or is not JSON");
    if (digits > 1 && *first == '0') {
        c->p = first;
        return fault(c, "a number starts with 0");
    }
    if (!check_fraction(c))
        return false;
    double value;
    size_t len = (size_t)(c->p - start);
    /* A short number without exponent always fits a double. */
    if ((len > 300 || memchr(start, 'e', len) || memchr(start, 'E', len)) &&
        !str_to_double((struct str){start, len}, &value)) {
        c->p = start;
        return fault(c, "the number is too large");
    }
    return true;
}

static bool check_word(struct check *c, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0)
        return fault(c, "a value is missing or is not JSON");
    c->p += len;
    return true;
}

static bool check_scalar(struct check *c)
{
    switch (*c->p) {
    case '"':
        return check_string(c);
    case 't':
        return check_word(c, "true");
    case 'f':
        return check_word(c, "false");
    case 'n':
        return check_word(c, "null");
    default:
        return check_number(c);
    }
}

static bool in_object(const struct check *c)
{
    return c->objects[c->depth / 8] >> (c->depth % 8) & 1;
}

static bool enter(struct check *c, bool object)
{
    if (c->depth == JSON_MAX_DEPTH)
        return fault(c, "nested too deeply");
    c->depth++;
    unsigned char bit = (unsigned char)(1u << (c->depth % 8));
    if (object)
        c->objects[c->depth / 8] |= bit;
    else
        c->objects[c->depth / 8] &= (unsigned char)~bit;
    c->p++;
    skip_blanks(c);
    return true;
}

static bool check_key(struct check *c)
{
    if (c->p == c->end)
        return fault(c, "the text ends within an object");
    if (*c->p != '"')
        return fault(c, "a member's name in double quotes is missing");
    if (!check_string(c))
        return false;
    skip_blanks(c);
    if (c->p == c->end || *c->p != ':')
        return fault(c, "':' is missing after a member's name");
    c->p++;
    skip_blanks(c);
    return true;
}

/* After a value: closes what ends here; stops at the place of the next value or at the end. */
static bool check_after(struct check *c)
{
    for (skip_blanks(c); c->depth; skip_blanks(c)) {
        bool object = in_object(c);
        if (c->p == c->end)
            return fault(c, object ? "the text ends within an object"
                                   : "the text ends within an array");
        if (*c->p == ',') {
            c->p++;
            skip_blanks(c);
            return object ? check_key(c) : true;
        }
        if (*c->p != (object ? '}' : ']'))
            return fault(c, object ? "',' or '}' is missing" : "',' or ']' is missing");
        c->p++;
        c->depth--;
    }
    return true;
}

/* One value, or the start of a container that is not empty; *out_open tells which. */
static bool check_value(struct check *c, bool *out_open)
{
    *out_open = false;
    if (c->p == c->end)
        return fault(c, c->depth ? "the text ends where a value is missing" : "the text is empty");
    if (*c->p != '{' && *c->p != '[')
        return check_scalar(c);
    bool object = *c->p == '{';
    if (!enter(c, object))
        return false;
    if (c->p < c->end && *c->p == (object ? '}' : ']')) {
        c->p++;
        c->depth--;
        return true;
    }
    *out_open = true;
    return object ? check_key(c) : true;
}

static bool check_text(struct check *c)
{
    bool open;
    if ((size_t)(c->end - c->p) > JSON_MAX_SIZE)
        return fault(c, "the text is larger than 256 MiB");
    skip_blanks(c);
    do {
        if (!check_value(c, &open) || (!open && !check_after(c)))
            return false;
    } while (c->depth);
    return c->p == c->end ? true : fault(c, "more text after the value");
}

bool json_check(struct str text, const char **out_why, size_t *out_at)
{
    if (!text.ptr)
        text = STR("");
    struct check c = {.p = text.ptr, .end = text.ptr + text.len};
    if (check_text(&c))
        return true;
    if (out_why)
        *out_why = c.why;
    if (out_at)
        *out_at = (size_t)(c.p - text.ptr);
    return false;
}
