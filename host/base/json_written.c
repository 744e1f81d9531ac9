/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/json.h"
#include "base/json_bytes.h"

#define MAX_NAMES 64
#define MAX_DEPTH 16
#define MAX_DIGITS 15 /* so many are always the fewest that read back */

struct level {
    bool object;
    size_t first; /* of its names */
};

struct scan {
    const char *p, *end;
    struct level levels[MAX_DEPTH];
    size_t depth;
    struct str names[MAX_NAMES]; /* of all objects that are open */
    size_t count;
};

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* Digits, or digits on both sides of a point as they are written from 1e-4 to 1e15. */
static bool scan_number(struct scan *s)
{
    bool negative = *s->p == '-';
    const char *start = s->p + negative, *p = skip_digits(start, s->end);
    bool zero = *start == '0', whole = p == s->end || *p != '.';
    if (!whole) {
        const char *places = ++p;
        p = skip_digits(p, s->end);
        bool longer = p - places > 1 && p[-1] == '0';
        bool tiny = zero && p - places > 4 && memcmp(places, "0000", 4) == 0;
        if (longer || tiny)
            return false;
    }
    s->p = p;
    bool exponent = p < s->end && (*p == 'e' || *p == 'E');
    return p - start <= MAX_DIGITS && !exponent && !(whole && zero && negative);
}

/* At the opening quote. What is written as \u is rare enough to say no. */
static bool scan_string(struct scan *s, struct str *out)
{
    const char *start = ++s->p;
    for (; *(s->p = json_skip_plain(s->p, s->end)) != '"'; s->p++) {
        if (*s->p == '\\' && (*++s->p == 'u' || *s->p == '/'))
            return false;
    }
    *out = (struct str){start, (size_t)(s->p++ - start)};
    return true;
}

/* Of names that occur twice, one is not written. */
static bool scan_name(struct scan *s)
{
    struct str name;
    if (s->count == MAX_NAMES || *s->p != '"' || !scan_string(s, &name))
        return false;
    for (size_t i = s->levels[s->depth - 1].first; i < s->count; i++) {
        if (str_eq(s->names[i], name))
            return false;
    }
    s->names[s->count++] = name;
    bool spaced = s->p[0] == ':' && s->p[1] == ' ';
    s->p += 2;
    return spaced;
}

/* A container's start, or an empty one. */
static bool scan_open(struct scan *s, bool *out_open)
{
    bool object = *s->p == '{';
    if (s->depth == MAX_DEPTH)
        return false;
    *out_open = s->p[1] != (object ? '}' : ']');
    s->p += *out_open ? 1 : 2;
    if (*out_open)
        s->levels[s->depth++] = (struct level){object, s->count};
    return !*out_open || !object || scan_name(s);
}

static bool scan_value(struct scan *s, bool *out_open)
{
    struct str text;
    *out_open = false;
    switch (*s->p) {
    case '{':
    case '[':
        return scan_open(s, out_open);
    case '"':
        return scan_string(s, &text);
    case 't':
    case 'n':
        s->p += strlen("true");
        return true;
    case 'f':
        s->p += strlen("false");
        return true;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return false;
    default:
        return scan_number(s);
    }
}

/* After a value: to the next one, or to the end. */
static bool scan_after(struct scan *s)
{
    while (s->depth) {
        const struct level *level = &s->levels[s->depth - 1];
        if (*s->p == ',') {
            bool spaced = s->p[1] == ' ';
            s->p += 2;
            return spaced && (!level->object || scan_name(s));
        }
        if (*s->p != (level->object ? '}' : ']'))
            return false;
        s->p++;
        s->count = level->first;
        s->depth--;
    }
    return s->p == s->end;
}

bool json_is_written(struct str text)
{
    struct scan s = {.p = text.ptr, .end = text.ptr + text.len};
    bool open;
    do {
        if (!scan_value(&s, &open) || (!open && !scan_after(&s)))
            return false;
    } while (s.depth);
    return true;
}
