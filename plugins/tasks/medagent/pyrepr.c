/* SPDX-License-Identifier: MIT */
#include "pyrepr.h"

#include <grasp/helpers.h>

#include "common/slice.h"

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
    else if (code < 0x20 || (code >= 0x7f && code <= 0xa0) || code == 0xad)
        text_format(out, "\\x%02x", code);
    else if (code == 0x2028 || code == 0x2029 || code == 0xfeff)
        text_format(out, "\\u%04x", code);
    else
        text_code(out, code);
}

static void put_string(struct text *out, grasp_str text)
{
    uint32_t code;
    bool single = text.len && memchr(text.ptr, '\'', text.len);
    bool both = text.len && memchr(text.ptr, '"', text.len);
    char quote = single && !both ? '"' : '\'';
    text_char(out, quote);
    for (size_t at = 0; at < text.len;) {
        at += utf8_at(text, at, &code);
        put_character(out, code, quote);
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
        put_string(out, json->as_string(value));
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
        put_string(out, key);
        text_put(out, ": ");
        pyrepr(out, json, member);
    }
    text_char(out, kind == GRASP_JSON_ARRAY ? ']' : '}');
}
