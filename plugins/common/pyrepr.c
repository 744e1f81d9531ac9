/* SPDX-License-Identifier: MIT */
#include "common/pyrepr.h"

#include <grasp/helpers.h>

#include "common/slice.h"

bool pyrepr_is_printable(uint32_t code)
{
    /* Controls, separators other than the blank, formats, surrogates and private characters. */
    static const uint32_t ranges[][2] = {
        {0x00, 0x1f},       {0x7f, 0xa0},       {0xad, 0xad},       {0x600, 0x605},
        {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x8e2, 0x8e2},
        {0x1680, 0x1680},   {0x180e, 0x180e},   {0x2000, 0x200f},   {0x2028, 0x202f},
        {0x205f, 0x206f},   {0x3000, 0x3000},   {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},
        {0xfeff, 0xfeff},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd},
        {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff},
        {0xe01f0, 0x10ffff}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return false;
    return true;
}

static void put_character(struct text *out, uint32_t code, char quote)
{
    if (code == (unsigned char)quote || code == '\\')
        text_char(out, '\\');
    if (code == '\n')
        text_put(out, "\\n");
    else if (code == '\r')
        text_put(out, "\\r");
    else if (code == '\t')
        text_put(out, "\\t");
    else if (pyrepr_is_printable(code))
        text_code(out, code);
    else if (code <= 0xff)
        text_format(out, "\\x%02x", code);
    else if (code <= 0xffff)
        text_format(out, "\\u%04x", code);
    else
        text_format(out, "\\U%08x", code);
}

/* Python prefers single quotes, unless only they are in the text. */
static char quote_of(grasp_str text)
{
    bool single = text.len && memchr(text.ptr, '\'', text.len);
    bool both = text.len && memchr(text.ptr, '"', text.len);
    return single && !both ? '"' : '\'';
}

/* How many characters from here on are shown as they are, and are ASCII. */
static size_t plain_run(grasp_str text, size_t at, char quote)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] >= ' ' && text.ptr[end] < 0x7f &&
           text.ptr[end] != quote && text.ptr[end] != '\\')
        end++;
    return end - at;
}

void pyrepr_string(struct text *out, grasp_str text)
{
    uint32_t code;
    char quote = quote_of(text);
    text_char(out, quote);
    for (size_t at = 0; at < text.len;) {
        size_t plain = plain_run(text, at, quote);
        text_add(out, text.ptr + at, plain);
        at += plain;
        if (at == text.len)
            break;
        at += utf8_at(text, at, &code);
        put_character(out, code, quote);
    }
    text_char(out, quote);
}

void pyrepr_bytes(struct text *out, grasp_str bytes)
{
    char quote = quote_of(bytes);
    text_char(out, 'b');
    text_char(out, quote);
    for (size_t at = 0; at < bytes.len; at++) {
        unsigned char c = (unsigned char)bytes.ptr[at];
        if (c < 0x7f)
            put_character(out, c, quote);
        else
            text_format(out, "\\x%02x", c);
    }
    text_char(out, quote);
}

static void put_scalar(struct text *out, const grasp_json *json, const grasp_json_value *value)
{
    switch (json->kind(value)) {
    case GRASP_JSON_BOOL:
        text_put(out, json->as_bool(value, 0) ? "True" : "False");
        break;
    case GRASP_JSON_INT:
        text_format(out, "%lld", (long long)json->as_int(value, 0));
        break;
    case GRASP_JSON_DOUBLE:
        text_double(out, json->as_double(value, 0));
        break;
    case GRASP_JSON_STRING:
        pyrepr_string(out, json->as_string(value));
        break;
    default:
        text_put(out, "None");
    }
}

void pyrepr(struct text *out, const grasp_json *json, const grasp_json_value *value)
{
    int32_t kind = json->kind(value);
    grasp_str key;
    if (kind != GRASP_JSON_ARRAY && kind != GRASP_JSON_OBJECT) {
        put_scalar(out, json, value);
        return;
    }
    text_char(out, kind == GRASP_JSON_ARRAY ? '[' : '{');
    for (uint64_t i = 0; i < json->count(value); i++) {
        text_put(out, i ? ", " : "");
        if (kind == GRASP_JSON_ARRAY) {
            pyrepr(out, json, json->at(value, i));
            continue;
        }
        const grasp_json_value *member = json->member(value, i, &key);
        pyrepr_string(out, key);
        text_put(out, ": ");
        pyrepr(out, json, member);
    }
    text_char(out, kind == GRASP_JSON_ARRAY ? ']' : '}');
}
