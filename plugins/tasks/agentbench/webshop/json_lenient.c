/* SPDX-License-Identifier: MIT */
#include "json_lenient.h"

#include <string.h>

#include "common/slice.h"
#include "common/text.h"

struct reader {
    struct pool *pool;
    const char *start, *at, *end;
};

static bool read_value(struct reader *r, struct lenient *out, int depth);

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

static bool read_hex(const char *at, const char *end, uint32_t *out)
{
    *out = 0;
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

/* \uXXXX, and a second one that completes it. */
static bool read_unicode(struct reader *r, struct text *out)
{
    uint32_t code, low;
    if (!read_hex(r->at, r->end, &code))
        return false;
    r->at += 4;
    if (code >= 0xD800 && code < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' &&
        r->at[1] == 'u' && read_hex(r->at + 2, r->end, &low) && low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        r->at += 6;
    }
    text_code(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    return true;
}

static bool read_escape(struct reader *r, struct text *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->end)
        return false;
    char c = *r->at++;
    if (c == 'u')
        return read_unicode(r, out);
    const char *found = c ? strchr(from, c) : NULL;
    if (found)
        text_char(out, to[found - from]);
    return found != NULL;
}

static void add_plain(struct text *out, grasp_str part)
{
    uint32_t code;
    if (utf8_valid(part)) {
        text_str(out, part);
        return;
    }
    for (size_t at = 0; at < part.len;) {
        at += utf8_at(part, at, &code);
        text_code(out, code);
    }
}

/* After the opening quote. */
static bool read_string(struct reader *r, grasp_str *out)
{
    struct text text CLEANUP_TEXT = {0};
    for (;;) {
        const char *from = r->at;
        while (r->at < r->end && *r->at != '"' && *r->at != '\\')
            r->at++;
        add_plain(&text, (grasp_str){from, (size_t)(r->at - from)});
        if (r->at == r->end)
            return false;
        if (*r->at++ == '"')
            break;
        if (!read_escape(r, &text))
            return false;
    }
    *out = pool_dup(r->pool, text_view(&text));
    return !text.failed;
}

static bool read_word(struct reader *r, struct lenient *out)
{
    static const struct {
        const char *word;
        enum lenient_kind kind;
    } words[] = {{"null", LENIENT_NULL},       {"true", LENIENT_TRUE},
                 {"false", LENIENT_FALSE},     {"NaN", LENIENT_NUMBER},
                 {"Infinity", LENIENT_NUMBER}, {"-Infinity", LENIENT_NUMBER}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        size_t len = strlen(words[i].word);
        if ((size_t)(r->end - r->at) < len || memcmp(r->at, words[i].word, len) != 0)
            continue;
        out->kind = words[i].kind;
        out->text = (grasp_str){r->at, len};
        r->at += len;
        return true;
    }
    return false;
}

static bool read_number(struct reader *r, struct lenient *out)
{
    const char *from = r->at;
    while (r->at < r->end && *r->at && strchr("+-0123456789.eE", *r->at))
        r->at++;
    out->kind = LENIENT_NUMBER;
    out->text = (grasp_str){from, (size_t)(r->at - from)};
    return r->at > from && r->at[-1] >= '0' && r->at[-1] <= '9' && *from != '+' && *from != '.' &&
           *from != 'e' && *from != 'E';
}

static bool read_items(struct reader *r, struct lenient *out, int depth)
{
    char close = out->kind == LENIENT_OBJECT ? '}' : ']';
    struct lenient **tail = &out->items;
    r->at = skip_blanks(r->at, r->end);
    if (r->at < r->end && *r->at == close) {
        r->at++;
        return true;
    }
    for (;;) {
        struct lenient *item = pool_alloc(r->pool, sizeof(*item));
        r->at = skip_blanks(r->at, r->end);
        if (out->kind == LENIENT_OBJECT) {
            if (r->at == r->end || *r->at++ != '"' || !read_string(r, &item->key))
                return false;
            r->at = skip_blanks(r->at, r->end);
            if (r->at == r->end || *r->at++ != ':')
                return false;
        }
        if (!read_value(r, item, depth + 1))
            return false;
        *tail = item;
        tail = &item->next;
        out->count++;
        r->at = skip_blanks(r->at, r->end);
        if (r->at == r->end || (*r->at != ',' && *r->at != close))
            return false;
        if (*r->at++ == close)
            return true;
    }
}

static bool read_value(struct reader *r, struct lenient *out, int depth)
{
    r->at = skip_blanks(r->at, r->end);
    if (r->at == r->end || depth > LENIENT_DEPTH)
        return false;
    switch (*r->at) {
    case '{':
    case '[':
        out->kind = *r->at++ == '{' ? LENIENT_OBJECT : LENIENT_ARRAY;
        return read_items(r, out, depth);
    case '"':
        r->at++;
        out->kind = LENIENT_STRING;
        return read_string(r, &out->text);
    default:
        return read_word(r, out) || read_number(r, out);
    }
}

const struct lenient *lenient_parse(struct pool *pool, grasp_str text, size_t *out_at)
{
    struct reader r = {pool, text.ptr, text.ptr, text.ptr + text.len};
    struct lenient *out = pool_alloc(pool, sizeof(*out));
    bool good = read_value(&r, out, 0);
    if (good)
        r.at = skip_blanks(r.at, r.end);
    if (out_at)
        *out_at = (size_t)(r.at - r.start);
    return good && r.at == r.end ? out : NULL;
}

const struct lenient *lenient_get(const struct lenient *object, const char *key)
{
    const struct lenient *found = NULL;
    if (lenient_is(object, LENIENT_OBJECT))
        for (const struct lenient *item = object->items; item; item = item->next)
            if (item->key.len == strlen(key) && memcmp(item->key.ptr, key, item->key.len) == 0)
                found = item;
    return found;
}

bool lenient_stream_open(struct lenient_stream *stream, grasp_str text, char open)
{
    const char *end = text.ptr + text.len, *at = text.ptr;
    if (text.len >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        at += 3;
    at = skip_blanks(at, end);
    *stream = (struct lenient_stream){text.ptr, at, end, open == '{' ? '}' : ']'};
    if (at == end || *at != open)
        return false;
    stream->at++;
    return true;
}

/* To the end of the string whose first character is at `at`; NULL if there is none. */
static const char *skip_string(const char *at, const char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    return at < end ? at + 1 : NULL;
}

/* Behind a value, whose inside is not looked at. */
static const char *skip_value(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end) {
        char c = *at;
        if (c == '"') {
            if (!(at = skip_string(at + 1, end)))
                return NULL;
            if (!depth)
                return at;
            continue;
        }
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (!depth)
                return at;
            if (!--depth)
                return at + 1;
        } else if (!depth && c == ',') {
            return at;
        }
        at++;
    }
    return depth ? NULL : at;
}

static bool read_key(struct lenient_stream *stream, grasp_str *out)
{
    const char *end;
    if (stream->at == stream->end || *stream->at != '"' ||
        !(end = skip_string(stream->at + 1, stream->end)))
        return false;
    *out = (grasp_str){stream->at + 1, (size_t)(end - stream->at) - 2};
    stream->at = skip_blanks(end, stream->end);
    if (stream->at == stream->end || *stream->at != ':')
        return false;
    stream->at = skip_blanks(stream->at + 1, stream->end);
    return true;
}

int lenient_stream_next(struct lenient_stream *stream, grasp_str *out_key, grasp_str *out_value)
{
    stream->at = skip_blanks(stream->at, stream->end);
    while (stream->at < stream->end && *stream->at == ',')
        stream->at = skip_blanks(stream->at + 1, stream->end);
    if (stream->at == stream->end)
        return -1;
    if (*stream->at == stream->close)
        return 0;
    *out_key = SLICE("");
    if (stream->close == '}' && !read_key(stream, out_key))
        return -1;
    const char *end = skip_value(stream->at, stream->end);
    if (!end || end == stream->at)
        return -1;
    *out_value = (grasp_str){stream->at, (size_t)(end - stream->at)};
    stream->at = end;
    return 1;
}
