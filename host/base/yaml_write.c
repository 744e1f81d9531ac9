/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "base/yaml_scalar.h"

/* Readers look at most 1024 characters ahead for the ':' of a name without '?'. */
#define SIMPLE_KEY_MAX 1000

enum place { AT_ROOT, AFTER_KEY, AFTER_DASH };

/* Line breaks, other controls and what YAML calls not printable. */
static bool needs_escape(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

static bool all_printable(struct str text)
{
    for (size_t i = 0, len; i < text.len; i += len) {
        len = utf8_length(text.ptr + i, text.ptr + text.len);
        if (!len || needs_escape(utf8_decode(text.ptr + i, len)))
            return false;
    }
    return true;
}

/* Would another reader, less strict than PyYAML, take it for a number or a boolean? */
static bool looks_special(struct str text)
{
    double number;
    return str_to_double(text, &number) || str_is(text, "y") || str_is(text, "Y") ||
           str_is(text, "n") || str_is(text, "N") || str_starts(text, "0o");
}

static bool is_plain(struct str text)
{
    if (!text.len || !all_printable(text) || yaml_scalar_kind(text) != SCALAR_STR ||
        looks_special(text))
        return false;
    if (strchr("-?:,[]{}#&*!|>'\"%@` ", text.ptr[0]) || str_starts(text, "..."))
        return false;
    return !str_ends(text, " ") && !str_ends(text, ":") && !str_find(text, STR(": "), NULL) &&
           !str_find(text, STR(" #"), NULL);
}

static void write_escape(struct buf *buf, uint32_t code)
{
    static const char from[] = "\n\t\r\"\\", to[] = "ntr\"\\";
    const char *at = code && code < 0x80 ? strchr(from, (int)code) : NULL;
    if (at)
        buf_printf(buf, "\\%c", to[at - from]);
    else if (code < 0x100)
        buf_printf(buf, "\\x%02x", (unsigned)code);
    else
        buf_printf(buf, "\\u%04x", (unsigned)code);
}

static void write_text(struct buf *buf, struct str text)
{
    if (is_plain(text)) {
        buf_str(buf, text);
        return;
    }
    buf_char(buf, '"');
    for (size_t i = 0, len; i < text.len; i += len ? len : 1) {
        len = utf8_length(text.ptr + i, text.ptr + text.len);
        uint32_t code = len ? utf8_decode(text.ptr + i, len) : 0;
        if (!len)
            buf_text(buf, "\xEF\xBF\xBD");
        else if (needs_escape(code) || code == '"' || code == '\\')
            write_escape(buf, code);
        else
            buf_add(buf, text.ptr + i, len);
    }
    buf_char(buf, '"');
}

/* As PyYAML: "1e-05" would be a text, so it is "1.0e-05". */
static void write_float(struct buf *buf, double number)
{
    if (isnan(number) || isinf(number)) {
        buf_text(buf, isnan(number) ? ".nan" : number < 0 ? "-.inf" : ".inf");
        return;
    }
    CLEANUP_BUF struct buf text = {0};
    json_write_double(&text, number);
    struct str exponent = buf_view(&text), mantissa = str_cut(&exponent, 'e');
    buf_str(buf, mantissa);
    if (!exponent.len)
        return;
    if (!memchr(mantissa.ptr, '.', mantissa.len))
        buf_text(buf, ".0");
    buf_char(buf, 'e');
    buf_str(buf, exponent);
}

static void write_scalar(struct buf *buf, const struct json *value)
{
    switch (json_kind(value)) {
    case JSON_NULL:
        buf_text(buf, "null");
        break;
    case JSON_BOOL:
        buf_text(buf, json_bool(value, false) ? "true" : "false");
        break;
    case JSON_INT:
        buf_printf(buf, "%" PRId64, json_int(value, 0));
        break;
    case JSON_DOUBLE:
        write_float(buf, json_double(value, 0));
        break;
    case JSON_STRING:
        write_text(buf, json_str(value));
        break;
    case JSON_ARRAY:
        buf_text(buf, "[]");
        break;
    case JSON_OBJECT:
        buf_text(buf, "{}");
        break;
    }
}

static void write_node(struct buf *buf, const struct json *value, enum place place, int indent);

static void write_indent(struct buf *buf, int indent)
{
    while (indent-- > 0)
        buf_char(buf, ' ');
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct json_iter *)a)->key, ((const struct json_iter *)b)->key);
}

static void write_key(struct buf *buf, struct str key, int indent)
{
    CLEANUP_BUF struct buf text = {0};
    write_text(&text, key);
    if (text.len > SIMPLE_KEY_MAX)
        buf_text(buf, "? ");
    buf_str(buf, buf_view(&text));
    if (text.len > SIMPLE_KEY_MAX) {
        buf_char(buf, '\n');
        write_indent(buf, indent);
    }
    buf_char(buf, ':');
}

/* The first member stands where the buffer ends, the others on lines of their own. */
static void write_members(struct buf *buf, const struct json *object, int indent)
{
    size_t count = 0;
    CLEANUP_FREE struct json_iter *members = mem_array(json_count(object), sizeof(*members));
    for (struct json_iter it = json_members(object); json_next(&it);)
        members[count++] = it;
    qsort(members, count, sizeof(*members), by_key);
    for (size_t i = 0; i < count; i++) {
        if (i)
            write_indent(buf, indent);
        write_key(buf, members[i].key, indent);
        write_node(buf, members[i].value, AFTER_KEY, indent);
    }
}

static void write_items(struct buf *buf, const struct json *array, int indent)
{
    for (size_t i = 0; i < json_count(array); i++) {
        if (i)
            write_indent(buf, indent);
        buf_char(buf, '-');
        write_node(buf, json_at(array, i), AFTER_DASH, indent);
    }
}

static void write_node(struct buf *buf, const struct json *value, enum place place, int indent)
{
    bool block = json_count(value) > 0, list = json_is(value, JSON_ARRAY);
    if (place == AFTER_DASH || (place == AFTER_KEY && !list))
        indent += 2;
    if (block && place == AFTER_KEY) {
        buf_char(buf, '\n');
        write_indent(buf, indent);
    } else if (place != AT_ROOT) {
        buf_char(buf, ' ');
    }
    if (!block) {
        write_scalar(buf, value);
        buf_char(buf, '\n');
    } else if (list) {
        write_items(buf, value, indent);
    } else {
        write_members(buf, value, indent);
    }
}

void yaml_write(struct buf *buf, const struct json *value)
{
    write_node(buf, value, AT_ROOT, 0);
}
