/* SPDX-License-Identifier: MIT */
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/yaml_scalar.h"

#define DEPTH_MAX 100
#define ALIAS_NODES_MAX 10000
#define TAG_PREFIX "tag:yaml.org,2002:"

struct yaml_lines {
    struct map lines; /* dotted path to line, kept as a pointer */
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    struct str text;
    const char *name;
    struct map anchors; /* to values, each with an owner's count */
    struct yaml_lines *lines;
    struct buf path;
    size_t alias_nodes;
    struct err *err;
};

int yaml_line(const struct yaml_lines *lines, const char *dotted)
{
    struct str path = str_of(dotted);
    while (lines) {
        void *line = map_get(&lines->lines, path);
        if (line || !path.len)
            return (int)(intptr_t)line;
        while (path.len && path.ptr[path.len - 1] != '.')
            path.len--;
        if (path.len)
            path.len--;
    }
    return 0;
}

void yaml_lines_free(struct yaml_lines *lines)
{
    if (lines)
        map_clear(&lines->lines);
    mem_free(lines);
}

static size_t here(const struct reader *r)
{
    return r->event.start_mark.line + 1;
}

static int fault(struct reader *r, const char *what)
{
    return err_set(r->err, EXIT_CONFIG, "%s:%zu: %s", r->name, here(r), what);
}

static size_t line_of_offset(struct str text, size_t offset)
{
    size_t line = 1;
    for (size_t i = 0; i < offset && i < text.len; i++)
        line += text.ptr[i] == '\n';
    return line;
}

static int parser_fault(struct reader *r)
{
    const yaml_parser_t *parser = &r->parser;
    const char *problem = parser->problem ? parser->problem : "invalid YAML";
    size_t line = parser->problem_mark.line + 1;
    if (parser->error == YAML_MEMORY_ERROR)
        mem_exhausted();
    if (parser->error == YAML_READER_ERROR)
        line = line_of_offset(r->text, parser->problem_offset);
    return err_set(r->err, EXIT_CONFIG, "%s:%zu: invalid YAML: %s%s%s", r->name, line,
                   parser->context ? parser->context : "", parser->context ? ": " : "", problem);
}

static int next_event(struct reader *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->parser, &r->event) ? 0 : parser_fault(r);
}

static void note_line(struct reader *r)
{
    if (r->lines)
        map_set(&r->lines->lines, buf_view(&r->path), (void *)(intptr_t)here(r));
}

/* Goes down one name in the path; the result takes back to where it was. */
static size_t enter(struct reader *r, struct str name)
{
    size_t len = r->path.len;
    if (!r->lines)
        return len;
    if (len)
        buf_char(&r->path, '.');
    buf_str(&r->path, name);
    note_line(r);
    return len;
}

static void leave(struct reader *r, size_t len)
{
    if (r->path.ptr) {
        r->path.len = len;
        r->path.ptr[len] = '\0';
    }
}

/* Counts nodes, at most limit + 1 of them, and the levels below. */
static size_t count_nodes(const struct json *value, size_t limit, int *levels)
{
    size_t count = 1;
    int deepest = 0, below;
    for (struct json_iter it = json_members(value); count <= limit && json_next(&it);) {
        count += count_nodes(it.value, limit - count, &below);
        deepest = below > deepest ? below : deepest;
    }
    for (size_t i = 0; json_is(value, JSON_ARRAY) && i < json_count(value) && count <= limit; i++) {
        count += count_nodes(json_at(value, i), limit - count, &below);
        deepest = below > deepest ? below : deepest;
    }
    *levels = deepest + 1;
    return count;
}

static int read_alias(struct reader *r, int depth, struct json **out)
{
    struct str anchor = str_of((const char *)r->event.data.alias.anchor);
    if (!map_has(&r->anchors, anchor))
        return err_set(r->err, EXIT_CONFIG, "%s:%zu: no value is named &%s before this *%s",
                       r->name, here(r), anchor.ptr, anchor.ptr);
    const struct json *value = map_get(&r->anchors, anchor);
    int levels;
    r->alias_nodes += count_nodes(value, ALIAS_NODES_MAX - r->alias_nodes, &levels);
    if (r->alias_nodes > ALIAS_NODES_MAX)
        return fault(r, "the aliases (*name) expand to more than 10000 values");
    if (depth + levels > DEPTH_MAX)
        return fault(r, "nested deeper than 100 levels");
    *out = json_copy(value);
    return 0;
}

/* Remembers an anchor's value, which then belongs to the reader too. */
static int keep_anchor(struct reader *r, struct str anchor, struct json *value)
{
    if (map_has(&r->anchors, anchor))
        return err_set(r->err, EXIT_CONFIG, "%s: two values are named &%s", r->name, anchor.ptr);
    map_set(&r->anchors, anchor, json_ref(value));
    return 0;
}

/* "tag:yaml.org,2002:int" is "int"; other tags are "". */
static const char *short_tag(const yaml_char_t *tag)
{
    size_t len = strlen(TAG_PREFIX);
    return strncmp((const char *)tag, TAG_PREFIX, len) == 0 ? (const char *)tag + len : "";
}

static int bad_tag(struct reader *r, const yaml_char_t *tag)
{
    return err_set(r->err, EXIT_CONFIG,
                   "%s:%zu: the tag %s is not known or does not suit the value", r->name, here(r),
                   (const char *)tag);
}

static int tagged_kind(struct reader *r, const yaml_char_t *tag, struct str text,
                       enum scalar_kind *out)
{
    enum scalar_kind found = yaml_scalar_kind(text);
    const char *name = short_tag(tag);
    double number;
    if (strcmp(name, "str") == 0)
        *out = SCALAR_STR;
    else if (strcmp(name, "null") == 0)
        *out = SCALAR_NULL;
    else if (strcmp(name, "bool") == 0 && found == SCALAR_BOOL)
        *out = SCALAR_BOOL;
    else if (strcmp(name, "int") == 0 && found == SCALAR_INT)
        *out = SCALAR_INT;
    else if (strcmp(name, "float") == 0 && (found == SCALAR_FLOAT || str_to_double(text, &number)))
        *out = SCALAR_FLOAT;
    else if (strcmp(name, "timestamp") == 0 && found == SCALAR_TIMESTAMP)
        *out = SCALAR_TIMESTAMP;
    else
        return bad_tag(r, tag);
    return 0;
}

static int scalar_kind_of(struct reader *r, enum scalar_kind *out)
{
    struct str text = {(const char *)r->event.data.scalar.value, r->event.data.scalar.length};
    const yaml_char_t *tag = r->event.data.scalar.tag;
    bool unspecific = tag && strcmp((const char *)tag, "!") == 0;
    if (r->event.data.scalar.plain_implicit || unspecific)
        *out = yaml_scalar_kind(text);
    else if (r->event.data.scalar.quoted_implicit || !tag)
        *out = SCALAR_STR;
    else
        return tagged_kind(r, tag, text, out);
    return 0;
}

static int read_scalar(struct reader *r, struct json **out)
{
    enum scalar_kind kind = SCALAR_STR;
    int status = scalar_kind_of(r, &kind);
    if (status)
        return status;
    struct str text = {(const char *)r->event.data.scalar.value, r->event.data.scalar.length};
    *out = yaml_scalar_value(text, kind);
    return 0;
}

static int read_node(struct reader *r, int depth, struct json **out);

static int read_items(struct reader *r, int depth, struct json *array)
{
    for (;;) {
        int status = next_event(r);
        if (status || r->event.type == YAML_SEQUENCE_END_EVENT)
            return status;
        char index[24];
        int len = snprintf(index, sizeof(index), "%zu", json_count(array));
        size_t parent = enter(r, (struct str){index, (size_t)len});
        struct json *item = NULL;
        status = read_node(r, depth + 1, &item);
        leave(r, parent);
        if (status)
            return status;
        json_push(array, item);
    }
}

static int read_sequence(struct reader *r, int depth, struct json **out)
{
    const yaml_char_t *tag = r->event.data.sequence_start.tag;
    if (tag && strcmp(short_tag(tag), "seq") != 0 && strcmp((const char *)tag, "!") != 0)
        return bad_tag(r, tag);
    struct json *array = json_new_array();
    int status = read_items(r, depth, array);
    if (status)
        json_free(array);
    else
        *out = array;
    return status;
}

/* Numbers, booleans and null as names are written as JSON writes them, as Python's json does. */
static void add_key_text(struct buf *key, const struct json *value)
{
    if (json_is(value, JSON_STRING))
        buf_str(key, json_str(value));
    else
        json_write(key, value, 0);
}

static int read_key(struct reader *r, int depth, struct buf *key, bool *out_merge)
{
    CLEANUP_JSON struct json *value = NULL;
    *out_merge = false;
    if (r->event.type == YAML_SCALAR_EVENT) {
        enum scalar_kind kind = SCALAR_STR;
        int status = scalar_kind_of(r, &kind);
        if (status)
            return status;
        *out_merge = kind == SCALAR_MERGE;
    } else if (r->event.type != YAML_ALIAS_EVENT) {
        return fault(r, "a name in a mapping must be a text, not a list or a mapping");
    }
    int status = read_node(r, depth, &value);
    if (status)
        return status;
    if (json_is(value, JSON_ARRAY) || json_is(value, JSON_OBJECT))
        return fault(r, "a name in a mapping must be a text, not a list or a mapping");
    add_key_text(key, value);
    return 0;
}

static void add_members(struct json *to, const struct json *from)
{
    for (struct json_iter it = json_members(from); json_next(&it);)
        json_set_str(to, it.key, json_copy(it.value));
}

/* What "<<" brings. Of a list the first mapping weighs most. */
static int merge(struct reader *r, const struct json *value, struct json **merged)
{
    if (!*merged)
        *merged = json_new_object();
    if (json_is(value, JSON_OBJECT)) {
        add_members(*merged, value);
        return 0;
    }
    if (!json_is(value, JSON_ARRAY))
        return fault(r, "'<<' needs a mapping or a list of mappings");
    for (size_t i = json_count(value); i-- > 0;) {
        if (!json_is(json_at(value, i), JSON_OBJECT))
            return fault(r, "'<<' needs a mapping or a list of mappings");
        add_members(*merged, json_at(value, i));
    }
    return 0;
}

struct members {
    struct json *own, *merged;
    struct map seen;
};

static void members_cleanup(struct members *members)
{
    json_free(members->own);
    json_free(members->merged);
    map_clear(&members->seen);
}

/* One name and its value; the name is the current event. */
static int read_member(struct reader *r, int depth, struct members *members)
{
    CLEANUP_BUF struct buf key = {0};
    bool is_merge;
    int status = read_key(r, depth + 1, &key, &is_merge);
    if (status)
        return status;
    struct str name = buf_view(&key);
    if (!is_merge && map_has(&members->seen, name))
        return err_set(r->err, EXIT_CONFIG, "%s:%zu: '%s' is given twice", r->name, here(r),
                       name.ptr);
    size_t parent = enter(r, name);
    CLEANUP_JSON struct json *value = NULL;
    status = next_event(r);
    if (!status)
        status = read_node(r, depth + 1, &value);
    leave(r, parent);
    if (status)
        return status;
    if (is_merge)
        return merge(r, value, &members->merged);
    map_set(&members->seen, name, NULL);
    json_set_str(members->own, name, value);
    value = NULL;
    return 0;
}

static int read_mapping(struct reader *r, int depth, struct json **out)
{
    const yaml_char_t *tag = r->event.data.mapping_start.tag;
    if (tag && strcmp(short_tag(tag), "map") != 0 && strcmp((const char *)tag, "!") != 0)
        return bad_tag(r, tag);
    __attribute__((cleanup(members_cleanup))) struct members members = {.own = json_new_object()};
    for (;;) {
        int status = next_event(r);
        if (status)
            return status;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            break;
        status = read_member(r, depth, &members);
        if (status)
            return status;
    }
    if (members.merged)
        add_members(members.merged, members.own);
    struct json **result = members.merged ? &members.merged : &members.own;
    *out = *result;
    *result = NULL;
    return 0;
}

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        return event->data.scalar.anchor;
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return event->data.sequence_start.anchor;
    return event->type == YAML_MAPPING_START_EVENT ? event->data.mapping_start.anchor : NULL;
}

/* The node that the current event starts; afterwards the current event is its last. */
static int read_node(struct reader *r, int depth, struct json **out)
{
    if (depth > DEPTH_MAX)
        return fault(r, "nested deeper than 100 levels");
    if (r->event.type == YAML_ALIAS_EVENT)
        return read_alias(r, depth, out);
    const char *named = (const char *)anchor_of(&r->event);
    CLEANUP_FREE char *anchor = named ? mem_dup(named, strlen(named)) : NULL;
    struct json *value = NULL;
    int status;
    if (r->event.type == YAML_SCALAR_EVENT)
        status = read_scalar(r, &value);
    else if (r->event.type == YAML_SEQUENCE_START_EVENT)
        status = read_sequence(r, depth, &value);
    else
        status = read_mapping(r, depth, &value);
    if (!status && anchor)
        status = keep_anchor(r, str_of(anchor), value);
    if (status)
        json_free(value);
    else
        *out = value;
    return status;
}

static int read_document(struct reader *r, struct json **out)
{
    int status = next_event(r); /* the stream's start */
    if (!status)
        status = next_event(r);
    if (status || r->event.type == YAML_STREAM_END_EVENT)
        return status;
    status = next_event(r); /* past the document's start */
    if (status)
        return status;
    note_line(r);
    status = read_node(r, 0, out);
    if (!status)
        status = next_event(r); /* the document's end */
    if (!status)
        status = next_event(r);
    if (!status && r->event.type != YAML_STREAM_END_EVENT)
        status = fault(r, "a second document starts; only one is read");
    return status;
}

static void reader_close(struct reader *r)
{
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    for (size_t i = 0; i < r->anchors.count; i++)
        json_free(r->anchors.entries[i].value);
    map_clear(&r->anchors);
    buf_free(&r->path);
}

struct json *yaml_parse(struct str text, const char *name, struct yaml_lines **out_lines,
                        struct err *err)
{
    if (str_starts(text, "\xEF\xBB\xBF")) /* a byte order mark would count as a column */
        text = (struct str){text.ptr + 3, text.len - 3};
    struct reader r = {.text = text, .name = name ? name : "yaml", .err = err};
    if (!yaml_parser_initialize(&r.parser))
        mem_exhausted();
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const yaml_char_t *)(text.len ? text.ptr : ""),
                                 text.len);
    if (out_lines)
        r.lines = mem_alloc(sizeof(*r.lines));
    struct json *value = NULL;
    int status = read_document(&r, &value);
    reader_close(&r);
    if (status) {
        json_free(value);
        yaml_lines_free(r.lines);
        return NULL;
    }
    if (out_lines)
        *out_lines = r.lines;
    return value ? value : json_null_root();
}
