/* SPDX-License-Identifier: MIT */
#include "json_fault.h"

#include <string.h>

#include "common/slice.h"

#define DEPTH_MAX 200

struct scan {
    grasp_str text;
    size_t at;
    int depth;
    const char *fault;
    size_t place;
};

static bool fault(struct scan *scan, const char *what, size_t place)
{
    scan->fault = what;
    scan->place = place;
    return false;
}

static char peek(const struct scan *scan)
{
    return scan->at < scan->text.len ? scan->text.ptr[scan->at] : '\0';
}

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->text.len && strchr(" \t\n\r", peek(scan)))
        scan->at++;
}

static bool is_hex(const struct scan *scan, size_t at)
{
    for (size_t i = 0; i < 4; i++) {
        if (at + i >= scan->text.len || !strchr("0123456789abcdefABCDEF", scan->text.ptr[at + i]) ||
            !scan->text.ptr[at + i])
            return false;
    }
    return true;
}

static bool scan_string(struct scan *scan)
{
    size_t begin = scan->at++;
    while (scan->at < scan->text.len) {
        unsigned char c = (unsigned char)scan->text.ptr[scan->at];
        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c < 0x20)
            return fault(scan, "Invalid control character at", scan->at);
        if (c == '\\') {
            if (scan->at + 1 >= scan->text.len)
                break;
            char escape = scan->text.ptr[scan->at + 1];
            if (escape == 'u' && !is_hex(scan, scan->at + 2))
                return fault(scan, "Invalid \\uXXXX escape", scan->at + 2);
            if (escape != 'u' && (!escape || !strchr("\"\\/bfnrt", escape)))
                return fault(scan, "Invalid \\escape", scan->at);
            scan->at++;
        }
        scan->at++;
    }
    return fault(scan, "Unterminated string starting at", begin);
}

static bool scan_value(struct scan *scan);

static bool scan_members(struct scan *scan, char close)
{
    bool object = close == '}';
    for (;;) {
        if (object) {
            if (peek(scan) != '"')
                return fault(scan, "Expecting property name enclosed in double quotes", scan->at);
            if (!scan_string(scan))
                return false;
            skip_space(scan);
            if (peek(scan) != ':')
                return fault(scan, "Expecting ':' delimiter", scan->at);
            scan->at++;
            skip_space(scan);
        }
        if (!scan_value(scan))
            return false;
        skip_space(scan);
        if (peek(scan) == close) {
            scan->at++;
            return true;
        }
        if (peek(scan) != ',')
            return fault(scan, "Expecting ',' delimiter", scan->at);
        scan->at++;
        skip_space(scan);
    }
}

static bool scan_container(struct scan *scan)
{
    char close = peek(scan) == '{' ? '}' : ']';
    if (++scan->depth > DEPTH_MAX)
        return fault(scan, "Nested too deeply", scan->at);
    scan->at++;
    skip_space(scan);
    bool ok = true;
    if (peek(scan) == close)
        scan->at++;
    else
        ok = scan_members(scan, close);
    scan->depth--;
    return ok;
}

static size_t digits(struct scan *scan)
{
    size_t from = scan->at;
    while (peek(scan) >= '0' && peek(scan) <= '9')
        scan->at++;
    return scan->at - from;
}

static bool scan_number(struct scan *scan)
{
    size_t begin = scan->at;
    scan->at += peek(scan) == '-';
    if (peek(scan) == '0')
        scan->at++;
    else if (!digits(scan))
        return fault(scan, "Expecting value", begin);
    size_t whole = scan->at;
    if (peek(scan) == '.') {
        scan->at++;
        whole = digits(scan) ? scan->at : whole;
        scan->at = whole;
    }
    if (peek(scan) == 'e' || peek(scan) == 'E') {
        scan->at++;
        scan->at += peek(scan) == '+' || peek(scan) == '-';
        scan->at = digits(scan) ? scan->at : whole;
    }
    return true;
}

static bool scan_value(struct scan *scan)
{
    static const char *const words[] = {"null", "true", "false", "NaN", "Infinity", "-Infinity"};
    char c = peek(scan);
    if (c == '"')
        return scan_string(scan);
    if (c == '{' || c == '[')
        return scan_container(scan);
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        size_t len = strlen(words[i]);
        if (scan->text.len - scan->at >= len &&
            memcmp(scan->text.ptr + scan->at, words[i], len) == 0) {
            scan->at += len;
            return true;
        }
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(scan);
    return fault(scan, "Expecting value", scan->at);
}

/* Line and column count characters, from 1; char from 0. */
static void put_place(struct text *out, grasp_str text, size_t place)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < place && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    place = place < text.len ? place : text.len;
    text_format(out, ": line %zu column %zu (char %zu)", line,
                utf8_count(slice_cut(text, start, place)) + 1,
                utf8_count(slice_cut(text, 0, place)));
}

bool json_fault_write(struct text *out, grasp_str text)
{
    struct scan scan = {.text = text};
    skip_space(&scan);
    if (scan_value(&scan)) {
        skip_space(&scan);
        if (scan.at == text.len)
            return false;
        fault(&scan, "Extra data", scan.at);
    }
    text_put(out, scan.fault);
    put_place(out, text, scan.place);
    return true;
}

void json_not_object_write(struct text *out, const grasp_json *json, const grasp_json_value *value)
{
    static const char *const names[] = {
        [GRASP_JSON_NULL] = "NoneType", [GRASP_JSON_BOOL] = "bool",  [GRASP_JSON_INT] = "int",
        [GRASP_JSON_DOUBLE] = "float",  [GRASP_JSON_STRING] = "str", [GRASP_JSON_ARRAY] = "list",
        [GRASP_JSON_OBJECT] = "dict"};
    text_format(out, "'%s' object has no attribute 'values'", names[json->kind(value)]);
}
