/* SPDX-License-Identifier: MIT */
/* Builds the tree of a text that json_check has passed, and so trusts its shape. json-c's own
 * tokener clamps large integers and reads numbers by the locale. */
#include <string.h>

#include "base/json.h"
#include "base/json_bytes.h"
#include "base/mem.h"
#include "base/utf8.h"

struct reader {
    const char *p, *end;
    struct buf scratch;
};

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
        r->p++;
}

static uint32_t read_hex4(const char *p)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i];
        code = code << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return code;
}

/* After "\u"; joins surrogate pairs. */
static void read_unicode(struct reader *r)
{
    uint32_t code = read_hex4(r->p);
    r->p += 4;
    if (code >= 0xD800 && code <= 0xDBFF && r->p[0] == '\\' && r->p[1] == 'u') {
        uint32_t low = read_hex4(r->p + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            r->p += 6;
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    if (code >= 0xD800 && code <= 0xDFFF)
        code = 0xFFFD;
    char out[4];
    buf_add(&r->scratch, out, utf8_encode(code, out));
}

static void read_escape(struct reader *r)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char c = *r->p++;
    const char *at = strchr(from, c);
    if (c == 'u')
        read_unicode(r);
    else
        buf_char(&r->scratch, at ? to[at - from] : c);
}

/* To the quote or backslash that comes next. */
static void skip_text(struct reader *r)
{
    while ((r->p = json_skip_plain(r->p, r->end)), *r->p != '"' && *r->p != '\\')
        r->p++;
}

/* The text of a string: a part of the source, or in the scratch buffer if it has escapes. */
static struct str read_string(struct reader *r)
{
    const char *start = ++r->p;
    skip_text(r);
    if (*r->p == '"')
        return (struct str){start, (size_t)(r->p++ - start)};
    buf_reset(&r->scratch);
    for (;;) {
        buf_add(&r->scratch, start, (size_t)(r->p - start));
        if (*r->p++ == '"')
            return buf_view(&r->scratch);
        read_escape(r);
        start = r->p;
        skip_text(r);
    }
}

static struct json *read_number(struct reader *r)
{
    const char *start = r->p;
    bool whole = true;
    for (; r->p < r->end && *r->p != ',' && *r->p != ']' && *r->p != '}' && *r->p > ' '; r->p++)
        whole = whole && *r->p != '.' && *r->p != 'e' && *r->p != 'E';
    struct str text = {start, (size_t)(r->p - start)};
    int64_t integer;
    double number = 0;
    /* -0 is an integer to Python too, whose sign is lost. */
    if (whole && str_to_i64(text, &integer))
        return json_new_int(integer);
    str_to_double(text, &number);
    return json_new_double(number);
}

static struct json *read_value(struct reader *r);

static struct json *read_array(struct reader *r)
{
    struct json *array = json_new_array();
    r->p++;
    for (skip_blanks(r); *r->p != ']'; skip_blanks(r)) {
        json_push(array, read_value(r));
        skip_blanks(r);
        if (*r->p == ',')
            r->p++;
    }
    r->p++;
    return array;
}

static struct json *read_object(struct reader *r)
{
    struct json *object = json_new_object();
    CLEANUP_BUF struct buf long_name = {0};
    r->p++;
    for (skip_blanks(r); *r->p != '}'; skip_blanks(r)) {
        char small[64];
        struct str key = read_string(r);
        if (key.ptr == r->scratch.ptr && key.len <= sizeof(small)) {
            memcpy(small, key.ptr, key.len);
            key.ptr = small;
        } else if (key.ptr == r->scratch.ptr) {
            buf_reset(&long_name);
            buf_str(&long_name, key);
            key = buf_view(&long_name);
        }
        skip_blanks(r);
        r->p++;
        skip_blanks(r);
        json_set_read(object, key, read_value(r));
        skip_blanks(r);
        if (*r->p == ',')
            r->p++;
    }
    r->p++;
    return object;
}

static struct json *read_value(struct reader *r)
{
    switch (*r->p) {
    case '{':
        return read_object(r);
    case '[':
        return read_array(r);
    case '"':
        return json_new_str(read_string(r));
    case 't':
        r->p += strlen("true");
        return json_new_bool(true);
    case 'f':
        r->p += strlen("false");
        return json_new_bool(false);
    case 'n':
        r->p += strlen("null");
        return NULL;
    default:
        return read_number(r);
    }
}

static void set_fault(struct str text, const char *why, size_t at, struct err *err)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        if (text.ptr[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text.ptr[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    err_set(err, EXIT_CONFIG, "invalid JSON at line %zu, column %zu: %s", line, column, why);
}

struct json *json_parse(struct str text, struct err *err)
{
    const char *why;
    size_t at;
    if (!json_check(text, &why, &at)) {
        set_fault(text, why, at, err);
        return NULL;
    }
    struct reader r = {.p = text.ptr, .end = text.ptr + text.len};
    skip_blanks(&r);
    struct json *value = read_value(&r);
    buf_free(&r.scratch);
    return value ? value : json_null_root();
}
