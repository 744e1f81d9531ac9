/* SPDX-License-Identifier: MIT */
#include "pyliteral.h"

#include <ctype.h>
#include <grasp/helpers.h>

#include "common/pynumber.h"
#include "common/pyrepr.h"
#include "common/slice.h"

#define DEPTH_MAX 64

struct reader {
    struct pool *pool;
    grasp_str text;
    size_t at;
    int depth;
};

static char peek(const struct reader *r)
{
    return r->at < r->text.len ? r->text.ptr[r->at] : 0;
}

static void skip(struct reader *r)
{
    while (peek(r) && strchr(" \t\f\r\n", peek(r)))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip(r);
    if (r->at >= r->text.len || r->text.ptr[r->at] != c)
        return false;
    r->at++;
    return true;
}

static bool read_value(struct reader *r, struct py *out);

/* A code point of `count` digits. */
static bool read_code(struct reader *r, int count, int base, struct text *out)
{
    uint32_t code = 0;
    for (int i = 0; i < count; i++, r->at++) {
        char c = peek(r);
        if (!isxdigit((unsigned char)c))
            return false;
        uint32_t digit = (uint32_t)(isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10);
        code = code * (uint32_t)base + digit;
    }
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return false;
    text_code(out, code);
    return true;
}

static void read_octal(struct reader *r, struct text *out)
{
    uint32_t code = 0;
    for (int i = 0; i < 3 && peek(r) >= '0' && peek(r) <= '7'; i++, r->at++)
        code = code * 8 + (uint32_t)(peek(r) - '0');
    text_code(out, code);
}

/* After the backslash. */
static bool read_escape(struct reader *r, struct text *out)
{
    static const char letters[] = "abfnrtv\\'\"", codes[] = "\a\b\f\n\r\t\v\\'\"";
    char c = peek(r);
    const char *found = c ? strchr(letters, c) : NULL;
    if (c >= '0' && c <= '7') {
        read_octal(r, out);
        return true;
    }
    r->at++;
    if (found)
        text_char(out, codes[found - letters]);
    else if (c == 'x' || c == 'u' || c == 'U')
        return read_code(r, c == 'x' ? 2 : c == 'u' ? 4 : 8, 16, out);
    else if (c == 'N')
        return false;
    else if (c != '\n') {
        text_char(out, '\\');
        r->at--;
    }
    return true;
}

static bool read_string(struct reader *r, bool raw, struct py *out)
{
    struct text text CLEANUP_TEXT = {0};
    char quote = peek(r);
    r->at++;
    while (r->at < r->text.len && peek(r) != quote) {
        char c = peek(r);
        if (c == '\n')
            return false;
        r->at++;
        if (c != '\\')
            text_char(&text, c);
        else if (raw) {
            text_char(&text, c);
            if (r->at < r->text.len)
                text_char(&text, r->text.ptr[r->at++]);
        } else if (r->at >= r->text.len || !read_escape(r, &text))
            return false;
    }
    if (r->at >= r->text.len)
        return false;
    r->at++;
    *out = (struct py){.kind = PY_STR, .text = pool_dup(r->pool, text_view(&text))};
    return true;
}

/* Strings side by side are one. */
static bool read_strings(struct reader *r, struct py *out)
{
    struct text whole CLEANUP_TEXT = {0};
    for (;;) {
        char c = peek(r), next = r->at + 1 < r->text.len ? r->text.ptr[r->at + 1] : 0;
        bool prefix = c && strchr("rRuU", c) && (next == '\'' || next == '"');
        struct py part;
        if (!prefix && c != '\'' && c != '"')
            break;
        r->at += prefix;
        if (!read_string(r, prefix && (c | 32) == 'r', &part))
            return false;
        text_str(&whole, part.text);
        skip(r);
    }
    *out = (struct py){.kind = PY_STR, .text = pool_dup(r->pool, text_view(&whole))};
    return true;
}

/* Whole numbers as Python prints them: without signs, underscores or zeros in front. */
static bool read_integer(struct reader *r, const char *digits, bool negative, struct py *out)
{
    size_t len = strlen(digits), zeros = strspn(digits, "0");
    if (strspn(digits, "0123456789") != len || (zeros && zeros != len))
        return false;
    const char *shown = zeros == len ? "0" : digits;
    *out = (struct py){
        .kind = PY_INT,
        .text = pool_format(r->pool, "%s%s", negative && *shown != '0' ? "-" : "", shown)};
    return true;
}

static grasp_str take_word(struct reader *r)
{
    size_t start = r->at;
    for (char c; (c = peek(r)); r->at++) {
        bool of_exponent = r->at > start && (c == '+' || c == '-') &&
                           (r->text.ptr[r->at - 1] | 32) == 'e' &&
                           isdigit((unsigned char)r->text.ptr[start]);
        if (!isalnum((unsigned char)c) && c != '.' && c != '_' && !of_exponent)
            break;
    }
    return slice_cut(r->text, start, r->at);
}

static bool read_word(struct reader *r, struct py *out)
{
    char digits[PYNUMBER_MAX];
    bool negative = false, is_signed = false;
    for (; peek(r) == '-' || peek(r) == '+'; r->at++, skip(r)) {
        negative ^= peek(r) == '-';
        is_signed = true;
    }
    grasp_str word = take_word(r);
    *out = (struct py){.kind = PY_NONE};
    if (!is_signed && grasp_equal(word, "None"))
        return true;
    if (!is_signed && (grasp_equal(word, "True") || grasp_equal(word, "False"))) {
        *out = (struct py){.kind = PY_BOOL, .truth = grasp_equal(word, "True")};
        return true;
    }
    if (!pynumber_plain(word, digits))
        return false;
    if (read_integer(r, digits, negative, out))
        return true;
    out->kind = PY_FLOAT;
    if (strspn(digits, "0123456789") == strlen(digits) || !pynumber_decimal(digits, &out->number))
        return false;
    out->number = negative ? -out->number : out->number;
    return true;
}

/* Items up to the closing bracket; *out_comma: whether one was written. */
static bool read_items(struct reader *r, char close, struct py *out, bool *out_comma)
{
    struct py **link = &out->item;
    *out_comma = false;
    for (;;) {
        if (take(r, close))
            return true;
        struct py *item = pool_alloc(r->pool, sizeof(*item));
        if (!read_value(r, item))
            return false;
        *link = item;
        link = &item->next;
        if (!take(r, ','))
            return take(r, close);
        *out_comma = true;
    }
}

static bool read_list(struct reader *r, struct py *out)
{
    bool comma;
    *out = (struct py){.kind = PY_LIST};
    if (!read_items(r, ']', out, &comma))
        return false;
    while (take(r, '+')) {
        struct py more = {.kind = PY_LIST}, **link = &out->item;
        if (!take(r, '[') || !read_items(r, ']', &more, &comma))
            return false;
        while (*link)
            link = &(*link)->next;
        *link = more.item;
    }
    return true;
}

static bool read_parentheses(struct reader *r, struct py *out)
{
    bool comma;
    *out = (struct py){.kind = PY_TUPLE};
    if (!read_items(r, ')', out, &comma))
        return false;
    if (out->item && !comma) {
        struct py *inside = out->item;
        *out = *inside;
    }
    return true;
}

static bool read_value(struct reader *r, struct py *out)
{
    bool good;
    if (++r->depth > DEPTH_MAX)
        return false;
    skip(r);
    char c = peek(r), next = r->at + 1 < r->text.len ? r->text.ptr[r->at + 1] : 0;
    bool string =
        c == '\'' || c == '"' || (c && strchr("rRuU", c) && (next == '\'' || next == '"'));
    if (string)
        good = read_strings(r, out);
    else if (take(r, '['))
        good = read_list(r, out);
    else if (take(r, '('))
        good = read_parentheses(r, out);
    else
        good = read_word(r, out);
    r->depth--;
    return good;
}

bool py_read(struct pool *pool, grasp_str text, struct py *out)
{
    struct reader r = {.pool = pool, .text = text};
    *out = (struct py){0};
    /* A line that begins with blanks is an error, one that ends with them is none. */
    if (!text.len || strchr(" \t\f", *text.ptr) || !read_value(&r, out))
        return false;
    skip(&r);
    return r.at == text.len;
}

static void add_json(struct pool *pool, const grasp_json *json, const grasp_json_value *value,
                     struct py ***link)
{
    struct py *item = pool_alloc(pool, sizeof(*item));
    py_of_json(pool, json, value, item);
    **link = item;
    *link = &item->next;
}

void py_of_json(struct pool *pool, const grasp_json *json, const grasp_json_value *value,
                struct py *out)
{
    struct text text CLEANUP_TEXT = {0};
    struct py **link = &out->item;
    grasp_str key;
    int32_t kind = json->kind(value);
    *out = (struct py){.kind = PY_NONE};
    if (kind == GRASP_JSON_STRING) {
        *out = (struct py){.kind = PY_STR, .text = pool_dup(pool, json->as_string(value))};
    } else if (kind == GRASP_JSON_BOOL) {
        *out = (struct py){.kind = PY_BOOL, .truth = json->as_bool(value, 0)};
    } else if (kind == GRASP_JSON_INT) {
        text_format(&text, "%lld", (long long)json->as_int(value, 0));
        *out = (struct py){.kind = PY_INT, .text = pool_dup(pool, text_view(&text))};
    } else if (kind == GRASP_JSON_DOUBLE) {
        *out = (struct py){.kind = PY_FLOAT, .number = json->as_double(value, 0)};
    } else if (kind == GRASP_JSON_ARRAY) {
        out->kind = PY_LIST;
        for (uint64_t i = 0; i < json->count(value); i++)
            add_json(pool, json, json->at(value, i), &link);
    } else if (kind == GRASP_JSON_OBJECT) {
        out->kind = PY_DICT;
        for (uint64_t i = 0; i < json->count(value); i++) {
            const grasp_json_value *member = json->member(value, i, &key);
            struct py *name = pool_alloc(pool, sizeof(*name));
            *name = (struct py){.kind = PY_STR, .text = pool_dup(pool, key)};
            *link = name;
            link = &name->next;
            add_json(pool, json, member, &link);
        }
    }
}

size_t py_count(const struct py *value)
{
    size_t count = 0;
    for (const struct py *item = value->item; item; item = item->next)
        count++;
    return count;
}

static void put_items(struct text *out, const struct py *value)
{
    bool dict = value->kind == PY_DICT;
    size_t i = 0;
    text_char(out, dict ? '{' : value->kind == PY_LIST ? '[' : '(');
    for (const struct py *item = value->item; item; item = item->next, i++) {
        text_put(out, i == 0 ? "" : dict && i % 2 ? ": " : ", ");
        py_repr(out, item);
    }
    if (value->kind == PY_TUPLE && i == 1)
        text_char(out, ',');
    text_char(out, dict ? '}' : value->kind == PY_LIST ? ']' : ')');
}

void py_repr(struct text *out, const struct py *value)
{
    switch (value->kind) {
    case PY_NONE:
        text_put(out, "None");
        break;
    case PY_BOOL:
        text_put(out, value->truth ? "True" : "False");
        break;
    case PY_INT:
        text_str(out, value->text);
        break;
    case PY_FLOAT:
        text_double(out, value->number);
        break;
    case PY_STR:
        pyrepr_string(out, value->text);
        break;
    case PY_TUPLE:
    case PY_LIST:
    case PY_DICT:
        put_items(out, value);
        break;
    }
}

void py_str(struct text *out, const struct py *value)
{
    if (value->kind == PY_STR)
        text_str(out, value->text);
    else
        py_repr(out, value);
}
