/* SPDX-License-Identifier: MIT */
#include "json_scan.h"

#include <string.h>

#include "common/slice.h"
#include "common/text.h"

struct check {
    const char *at, *end;
    const char *why;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && is_blank(*p))
        p++;
    return p;
}

grasp_str scan_strip(grasp_str text)
{
    const char *p = skip_blanks(text.ptr, text.ptr + text.len), *end = text.ptr + text.len;
    while (end > p && is_blank(end[-1]))
        end--;
    return (grasp_str){p, (size_t)(end - p)};
}

static bool refuse(struct check *check, const char *why)
{
    check->why = why;
    return false;
}

static bool is_hex(char c)
{
    char lower = (char)(c | 0x20);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}

static bool check_escape(struct check *check)
{
    const char *p = check->at + 1;
    if (p < check->end && *p == 'u') {
        for (int i = 1; i <= 4; i++)
            if (p + i >= check->end || !is_hex(p[i]))
                return refuse(check, "\\u needs four hexadecimal digits");
        check->at = p + 5;
        return true;
    }
    if (p >= check->end || !memchr("\"\\/bfnrt", *p, 8))
        return refuse(check, "an escape that JSON does not have");
    check->at = p + 1;
    return true;
}

static bool check_wide(struct check *check)
{
    uint32_t code;
    grasp_str rest = {check->at, (size_t)(check->end - check->at)};
    size_t len = utf8_at(rest, 0, &code);
    if (len == 1)
        return refuse(check, "not UTF-8");
    check->at += len;
    return true;
}

static bool check_string(struct check *check)
{
    check->at++;
    while (check->at < check->end) {
        unsigned char c = (unsigned char)*check->at;
        if (c == '"') {
            check->at++;
            return true;
        }
        if (c == '\\') {
            if (!check_escape(check))
                return false;
        } else if (c >= 0x80) {
            if (!check_wide(check))
                return false;
        } else if (c < 0x20) {
            return refuse(check, "a control character inside a string");
        } else {
            check->at++;
        }
    }
    return refuse(check, "a string without its end");
}

static bool check_digits(struct check *check)
{
    const char *start = check->at;
    while (check->at < check->end && *check->at >= '0' && *check->at <= '9')
        check->at++;
    return check->at > start || refuse(check, "a number needs a digit here");
}

static bool check_number(struct check *check)
{
    if (*check->at == '-')
        check->at++;
    bool zero = check->at < check->end && *check->at == '0';
    if (zero)
        check->at++;
    else if (!check_digits(check))
        return false;
    if (check->at < check->end && *check->at == '.') {
        check->at++;
        if (!check_digits(check))
            return false;
    }
    if (check->at < check->end && (*check->at | 0x20) == 'e') {
        check->at++;
        if (check->at < check->end && (*check->at == '+' || *check->at == '-'))
            check->at++;
        return check_digits(check);
    }
    return true;
}

static bool check_word(struct check *check, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(check->end - check->at) < len || memcmp(check->at, word, len) != 0)
        return refuse(check, "not a JSON value");
    check->at += len;
    return true;
}

static bool check_scalar(struct check *check)
{
    switch (*check->at) {
    case '"':
        return check_string(check);
    case 't':
        return check_word(check, "true");
    case 'f':
        return check_word(check, "false");
    case 'n':
        return check_word(check, "null");
    default:
        if (*check->at == '-' || (*check->at >= '0' && *check->at <= '9'))
            return check_number(check);
        return refuse(check, "not a JSON value");
    }
}

static bool check_key(struct check *check)
{
    if (check->at >= check->end || *check->at != '"')
        return refuse(check, "a member's name in double quotes is missing");
    if (!check_string(check))
        return false;
    check->at = skip_blanks(check->at, check->end);
    if (check->at >= check->end || *check->at != ':')
        return refuse(check, "':' is missing after a member's name");
    check->at = skip_blanks(check->at + 1, check->end);
    return true;
}

/* Closes what a value ends, and steps over the comma before the next. *out_done: all is closed. */
static bool check_after(struct check *check, const char *open, int *depth, bool *out_done)
{
    for (;;) {
        if (*depth == 0) {
            *out_done = true;
            return true;
        }
        char close = open[*depth - 1] == '{' ? '}' : ']';
        check->at = skip_blanks(check->at, check->end);
        if (check->at >= check->end)
            return refuse(check, "ends before its last bracket");
        if (*check->at == close) {
            check->at++;
            (*depth)--;
            continue;
        }
        if (*check->at != ',')
            return refuse(check, "',' or a closing bracket is missing");
        check->at = skip_blanks(check->at + 1, check->end);
        return close == ']' || check_key(check);
    }
}

/* Steps over an opening bracket. *out_empty: and over its counterpart right after. */
static bool check_open(struct check *check, char *open, int *depth, bool *out_empty)
{
    char bracket = *check->at;
    if (*depth == SCAN_DEPTH)
        return refuse(check, "nested too deeply");
    check->at = skip_blanks(check->at + 1, check->end);
    *out_empty = check->at < check->end && *check->at == (bracket == '{' ? '}' : ']');
    if (*out_empty) {
        check->at++;
        return true;
    }
    open[(*depth)++] = bracket;
    return bracket == '[' || check_key(check);
}

static bool check_value(struct check *check)
{
    char open[SCAN_DEPTH];
    int depth = 0;
    bool done = false;
    while (!done) {
        bool complete = true;
        if (check->at >= check->end)
            return refuse(check, "a value is missing");
        if (*check->at == '{' || *check->at == '[') {
            if (!check_open(check, open, &depth, &complete))
                return false;
        } else if (!check_scalar(check)) {
            return false;
        }
        if (complete && !check_after(check, open, &depth, &done))
            return false;
    }
    return true;
}

bool scan_check_prefix(grasp_str text, size_t *out_len, const char **out_why, size_t *out_at)
{
    struct check check = {text.ptr, text.ptr + text.len, NULL};
    check.at = skip_blanks(check.at, check.end);
    if (check_value(&check)) {
        *out_len = (size_t)(check.at - text.ptr);
        return true;
    }
    *out_why = check.why;
    *out_at = (size_t)(check.at - text.ptr);
    return false;
}

bool scan_check(grasp_str text, const char **out_why, size_t *out_at)
{
    size_t len;
    if (!scan_check_prefix(text, &len, out_why, out_at))
        return false;
    const char *end = text.ptr + text.len, *p = skip_blanks(text.ptr + len, end);
    if (p == end)
        return true;
    *out_why = "more text after the value";
    *out_at = (size_t)(p - text.ptr);
    return false;
}

/* p is at the opening quote; returns what follows the closing one, at most end. */
static const char *step_string(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        if (!quote)
            return end;
        size_t slashes = 0;
        while (quote - slashes > p && quote[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return quote + 1;
        p = quote;
    }
    return end;
}

static const char *step_brackets(const char *p, const char *end)
{
    int depth = 0;
    while (p < end) {
        char c = *p;
        if (c == '"') {
            p = step_string(p, end);
            continue;
        }
        p++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth <= 0)
            return p;
    }
    return end;
}

static const char *step_value(const char *p, const char *end)
{
    if (p >= end)
        return end;
    if (*p == '"')
        return step_string(p, end);
    if (*p == '{' || *p == '[')
        return step_brackets(p, end);
    while (p < end && *p != ',' && *p != '}' && *p != ']' && !is_blank(*p))
        p++;
    return p;
}

/* Steps over the opening bracket or the comma; false at the end. */
static bool step_in(grasp_str *rest, char bracket)
{
    const char *end = rest->ptr + rest->len, *p = skip_blanks(rest->ptr, end);
    if (p >= end || (*p != bracket && *p != ','))
        return false;
    p = skip_blanks(p + 1, end);
    *rest = (grasp_str){p, (size_t)(end - p)};
    return p < end && *p != ']' && *p != '}';
}

static grasp_str take_value(grasp_str *rest)
{
    const char *end = rest->ptr + rest->len, *p = step_value(rest->ptr, end);
    grasp_str value = {rest->ptr, (size_t)(p - rest->ptr)};
    *rest = (grasp_str){p, (size_t)(end - p)};
    return value;
}

bool scan_member_next(grasp_str *rest, grasp_str *out_key, grasp_str *out_value)
{
    if (!step_in(rest, '{') || *rest->ptr != '"')
        return false;
    grasp_str key = take_value(rest);
    const char *end = rest->ptr + rest->len, *p = skip_blanks(rest->ptr, end);
    if (key.len < 2 || p >= end || *p != ':')
        return false;
    p = skip_blanks(p + 1, end);
    *rest = (grasp_str){p, (size_t)(end - p)};
    *out_key = (grasp_str){key.ptr + 1, key.len - 2};
    *out_value = take_value(rest);
    return true;
}

bool scan_item_next(grasp_str *rest, grasp_str *out_value)
{
    if (!step_in(rest, '['))
        return false;
    *out_value = take_value(rest);
    return out_value->len > 0;
}

grasp_str scan_get(grasp_str object, grasp_str key)
{
    grasp_str name, value;
    if (!object.len || *object.ptr != '{')
        return (grasp_str){"", 0};
    while (scan_member_next(&object, &name, &value))
        if (name.len == key.len && memcmp(name.ptr, key.ptr, key.len) == 0)
            return value;
    return (grasp_str){"", 0};
}

bool scan_is_string(grasp_str value)
{
    return value.len >= 2 && value.ptr[0] == '"';
}

static uint32_t hex4(const char *p)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
        code = code * 16 + (digit & 15);
    }
    return code;
}

/* The character that the escape at text[at] stands for; *at is moved behind it. */
static uint32_t unescape(grasp_str text, size_t *at)
{
    static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
    char c = text.ptr[*at + 1];
    *at += 2;
    if (c != 'u') {
        const char *found = strchr(letters, c);
        return found && *found ? (uint32_t)values[found - letters] : (unsigned char)c;
    }
    if (*at + 4 > text.len)
        return 0xfffd;
    uint32_t code = hex4(text.ptr + *at);
    *at += 4;
    if (code >= 0xd800 && code < 0xdc00 && *at + 6 <= text.len && text.ptr[*at] == '\\' &&
        text.ptr[*at + 1] == 'u') {
        uint32_t low = hex4(text.ptr + *at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            *at += 6;
            return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return code >= 0xd800 && code < 0xe000 ? 0xfffd : code;
}

grasp_str scan_string(grasp_str value, struct pool *pool)
{
    if (!scan_is_string(value))
        return (grasp_str){"", 0};
    grasp_str inside = {value.ptr + 1, value.len - 2};
    if (!memchr(inside.ptr, '\\', inside.len))
        return inside;
    CLEANUP_TEXT struct text out = {0};
    for (size_t at = 0; at < inside.len;) {
        if (inside.ptr[at] == '\\' && at + 1 < inside.len)
            text_code(&out, unescape(inside, &at));
        else
            text_char(&out, inside.ptr[at++]);
    }
    return pool_dup(pool, text_view(&out));
}
