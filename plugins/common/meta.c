/* SPDX-License-Identifier: MIT */
#include "common/meta.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/slice.h"

#define DEPTH_MAX 50
#define VALUES_MAX 20000
#define SCALAR_MAX ((size_t)64)

struct reading {
    struct pool *pool;
    yaml_document_t *document;
    size_t values;
    struct text *why;
};

static bool one_of(grasp_str text, const char *const *words)
{
    for (; *words; words++) {
        if (slice_eq(text, (grasp_str){*words, strlen(*words)}))
            return true;
    }
    return false;
}

static size_t span(grasp_str text, size_t at, const char *set)
{
    size_t from = at;
    while (at < text.len && text.ptr[at] && strchr(set, text.ptr[at]))
        at++;
    return at - from;
}

#define DIGITS "0123456789_"

static bool is_int(grasp_str t)
{
    size_t sign = t.len && strchr("+-", t.ptr[0]) && t.ptr[0] ? 1 : 0, at = sign;
    if (t.len == at || t.ptr[at] < '0' || t.ptr[at] > '9')
        return false;
    if (t.ptr[at] == '0' && t.len > at + 1) {
        const char *set = t.ptr[at + 1] == 'b' ? "01_" : "0123456789abcdefABCDEF_";
        if (t.ptr[at + 1] == 'b' || t.ptr[at + 1] == 'x')
            return t.len > at + 2 && at + 2 + span(t, at + 2, set) == t.len;
        return at + 1 + span(t, at + 1, "01234567_") == t.len;
    }
    return at + span(t, at, DIGITS) == t.len;
}

static bool is_float(grasp_str t)
{
    static const char *const special[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                          "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
                                          ".NaN",  ".NAN",  NULL};
    if (one_of(t, special))
        return true;
    size_t at = t.len && strchr("+-", t.ptr[0]) && t.ptr[0] ? 1 : 0;
    bool whole = at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9';
    bool bare = !whole && at == 0;
    if (whole)
        at += span(t, at, DIGITS);
    if (at >= t.len || t.ptr[at] != '.' || (!whole && !bare))
        return false;
    if (bare && (at + 1 >= t.len || t.ptr[at + 1] < '0' || t.ptr[at + 1] > '9'))
        return false;
    at++;
    at += span(t, at, DIGITS);
    if (at < t.len && (t.ptr[at] == 'e' || t.ptr[at] == 'E')) {
        if (at + 2 >= t.len || (t.ptr[at + 1] != '+' && t.ptr[at + 1] != '-'))
            return false;
        at += 2;
        size_t digits = span(t, at, "0123456789");
        return digits && at + digits == t.len;
    }
    return at == t.len;
}

/* What a scalar without quotes means. Numbers to the base 60 are left as text. */
static enum meta_kind resolve(grasp_str text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const bools[] = {"yes",  "Yes",  "YES",   "no",    "No",    "NO", "true",
                                        "True", "TRUE", "false", "False", "FALSE", "on", "On",
                                        "ON",   "off",  "Off",   "OFF",   NULL};
    if (one_of(text, nulls))
        return META_NULL;
    if (one_of(text, bools))
        return META_BOOL;
    if (is_int(text))
        return META_INT;
    return is_float(text) ? META_FLOAT : META_STRING;
}

static struct meta *new_value(struct pool *pool, enum meta_kind kind, grasp_str text)
{
    struct meta *value = pool_alloc(pool, sizeof(*value));
    value->kind = kind;
    value->text = text;
    return value;
}

static struct meta *read_node(struct reading *reading, const yaml_node_t *node, unsigned depth);

static struct meta *read_scalar(struct reading *reading, const yaml_node_t *node)
{
    grasp_str text = pool_dup(reading->pool, (grasp_str){(const char *)node->data.scalar.value,
                                                         node->data.scalar.length});
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return new_value(reading->pool, plain ? resolve(text) : META_STRING, text);
}

static struct meta *read_list(struct reading *reading, const yaml_node_t *node, unsigned depth)
{
    struct meta *list = new_value(reading->pool, META_LIST, SLICE(""));
    const yaml_node_item_t *item = node->data.sequence.items.start;
    for (; item < node->data.sequence.items.top; item++) {
        struct meta *value =
            read_node(reading, yaml_document_get_node(reading->document, *item), depth + 1);
        if (!value)
            return NULL;
        meta_append(reading->pool, list, value);
    }
    return list;
}

static struct meta *read_map(struct reading *reading, const yaml_node_t *node, unsigned depth)
{
    struct meta *map = new_value(reading->pool, META_MAP, SLICE(""));
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reading->document, pair->key);
        struct meta *value =
            read_node(reading, yaml_document_get_node(reading->document, pair->value), depth + 1);
        if (!value)
            return NULL;
        if (key->type != YAML_SCALAR_NODE) {
            text_format(reading->why, "line %zu: a key that is not a plain word",
                        key->start_mark.line + 1);
            return NULL;
        }
        grasp_str name = pool_dup(reading->pool, (grasp_str){(const char *)key->data.scalar.value,
                                                             key->data.scalar.length});
        meta_set(reading->pool, map, name.ptr, value);
    }
    return map;
}

static struct meta *read_node(struct reading *reading, const yaml_node_t *node, unsigned depth)
{
    if (depth > DEPTH_MAX || ++reading->values > VALUES_MAX) {
        text_format(reading->why, "line %zu: nested too deep or too large",
                    node->start_mark.line + 1);
        return NULL;
    }
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return read_scalar(reading, node);
    case YAML_SEQUENCE_NODE:
        return read_list(reading, node, depth);
    case YAML_MAPPING_NODE:
        return read_map(reading, node, depth);
    case YAML_NO_NODE:
        break;
    }
    return new_value(reading->pool, META_NULL, SLICE(""));
}

struct meta *meta_parse(struct pool *pool, grasp_str text, size_t line, struct text *why)
{
    yaml_parser_t parser;
    yaml_document_t document;
    struct meta *value = NULL;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    if (!yaml_parser_load(&parser, &document)) {
        text_format(why, "line %zu: %s", parser.problem_mark.line + line,
                    parser.problem ? parser.problem : "not YAML");
        yaml_parser_delete(&parser);
        return NULL;
    }
    struct reading reading = {pool, &document, 0, why};
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    value = root ? read_node(&reading, root, 0) : new_value(pool, META_NULL, SLICE(""));
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return value;
}

const struct meta *meta_get(const struct meta *map, const char *key)
{
    if (!meta_is(map, META_MAP))
        return NULL;
    for (size_t i = 0; i < map->count; i++) {
        if (slice_eq(map->keys[i], (grasp_str){key, strlen(key)}))
            return map->items[i];
    }
    return NULL;
}

bool meta_is(const struct meta *value, enum meta_kind kind)
{
    return (value ? value->kind : META_NULL) == kind;
}

int64_t meta_int(const struct meta *value, int64_t otherwise)
{
    char digits[SCALAR_MAX];
    size_t len = 0;
    if (!meta_is(value, META_INT) || value->text.len >= sizeof(digits))
        return otherwise;
    for (size_t i = 0; i < value->text.len; i++) {
        if (value->text.ptr[i] != '_')
            digits[len++] = value->text.ptr[i];
    }
    digits[len] = 0;
    const char *from = digits + (*digits == '-' || *digits == '+');
    if (from[0] == '0' && from[1] == 'b')
        return strtoll(from + 2, NULL, 2) * (*digits == '-' ? -1 : 1);
    return strtoll(digits, NULL, 0);
}

double meta_double(const struct meta *value, double otherwise)
{
    char digits[SCALAR_MAX];
    size_t len = 0;
    if (meta_is(value, META_INT))
        return (double)meta_int(value, 0);
    if (!meta_is(value, META_FLOAT) || value->text.len >= sizeof(digits) ||
        strpbrk(value->text.ptr, "nN"))
        return otherwise;
    for (size_t i = 0; i < value->text.len; i++) {
        if (value->text.ptr[i] != '_')
            digits[len++] = value->text.ptr[i];
    }
    digits[len] = 0;
    return strtod(digits, NULL);
}

struct meta *meta_new_map(struct pool *pool)
{
    return new_value(pool, META_MAP, SLICE(""));
}

struct meta *meta_new_list(struct pool *pool)
{
    return new_value(pool, META_LIST, SLICE(""));
}

struct meta *meta_new_int(struct pool *pool, int64_t number)
{
    return new_value(pool, META_INT, pool_format(pool, "%lld", (long long)number));
}

struct meta *meta_new_string(struct pool *pool, grasp_str text)
{
    return new_value(pool, META_STRING, pool_dup(pool, text));
}

/* Full at zero and at the powers of two from four on. */
static bool is_full(size_t count)
{
    return count == 0 || (count >= 4 && (count & (count - 1)) == 0);
}

void meta_append(struct pool *pool, struct meta *list, struct meta *value)
{
    size_t room = list->count ? list->count * 2 : 4;
    if (is_full(list->count)) {
        struct meta **items = pool_array(pool, room, sizeof(struct meta *));
        grasp_str *keys = list->kind == META_MAP ? pool_array(pool, room, sizeof(*keys)) : NULL;
        if (list->count) {
            memcpy(items, list->items, list->count * sizeof(struct meta *));
            if (keys)
                memcpy(keys, list->keys, list->count * sizeof(*keys));
        }
        list->items = items;
        list->keys = keys;
    }
    list->items[list->count++] = value;
}

void meta_set(struct pool *pool, struct meta *map, const char *key, struct meta *value)
{
    grasp_str name = {key, strlen(key)};
    for (size_t i = 0; i < map->count; i++) {
        if (slice_eq(map->keys[i], name)) {
            map->items[i] = value;
            return;
        }
    }
    meta_append(pool, map, value);
    map->keys[map->count - 1] = name;
}

static bool is_plain(grasp_str text)
{
    static const char others[] = "_ /().,-";
    if (text.len == 0 || text.ptr[text.len - 1] == ' ' || resolve(text) != META_STRING)
        return false;
    char first = text.ptr[0] | 32;
    if (first < 'a' || first > 'z')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!utf8_is_word((unsigned char)c & 0x7f) && !(c && strchr(others, c)))
            return false;
        if ((unsigned char)c >= 0x80)
            return false;
    }
    return true;
}

static void write_scalar(struct text *out, const struct meta *value)
{
    if (value->kind == META_STRING && !is_plain(value->text))
        text_json(out, value->text);
    else if (value->kind == META_NULL)
        text_put(out, "null");
    else
        text_str(out, value->text);
}

static void write_item(struct text *out, const struct meta *value, size_t indent)
{
    text_format(out, "%*s- ", (int)indent, "");
    if (value->kind == META_LIST || value->kind == META_MAP)
        meta_write_json(out, value);
    else
        write_scalar(out, value);
    text_char(out, '\n');
}

static void write_key(struct text *out, const char *key)
{
    const struct meta name = {.kind = META_STRING, .text = {key, strlen(key)}};
    write_scalar(out, &name);
}

void meta_write(struct text *out, const char *key, const struct meta *value, size_t indent)
{
    text_format(out, "%*s", (int)indent, "");
    write_key(out, key);
    text_char(out, ':');
    if (value->kind == META_LIST && value->count) {
        text_char(out, '\n');
        for (size_t i = 0; i < value->count; i++)
            write_item(out, value->items[i], indent);
    } else if (value->kind == META_MAP && value->count) {
        text_char(out, '\n');
        for (size_t i = 0; i < value->count; i++)
            meta_write(out, value->keys[i].ptr, value->items[i], indent + 2);
    } else {
        text_char(out, ' ');
        if (value->kind == META_LIST || value->kind == META_MAP)
            meta_write_json(out, value);
        else
            write_scalar(out, value);
        text_char(out, '\n');
    }
}

static void write_json_scalar(struct text *out, const struct meta *value)
{
    switch (value->kind) {
    case META_NULL:
        text_put(out, "null");
        return;
    case META_BOOL:
        text_put(out, strchr("yYtT", value->text.ptr[0]) || (value->text.ptr[1] | 32) == 'n'
                          ? "true"
                          : "false");
        return;
    case META_INT:
        text_format(out, "%lld", (long long)meta_int(value, 0));
        return;
    case META_FLOAT:
        if (strpbrk(value->text.ptr, "nN"))
            text_json(out, value->text);
        else
            text_double(out, meta_double(value, 0));
        return;
    case META_STRING:
    case META_LIST:
    case META_MAP:
        break;
    }
    text_json(out, value->text);
}

void meta_write_json(struct text *out, const struct meta *value)
{
    if (value->kind != META_LIST && value->kind != META_MAP) {
        write_json_scalar(out, value);
        return;
    }
    bool map = value->kind == META_MAP;
    text_char(out, map ? '{' : '[');
    for (size_t i = 0; i < value->count; i++) {
        if (i)
            text_put(out, ", ");
        if (map) {
            text_json(out, value->keys[i]);
            text_put(out, ": ");
        }
        meta_write_json(out, value->items[i]);
    }
    text_char(out, map ? '}' : ']');
}
