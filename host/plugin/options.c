/* SPDX-License-Identifier: MIT */
#include "plugin/options.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"

#define MAX_OPTIONS 256

static const char *const words[] = {"type",      "enum",  "minimum", "maximum",    "minLength",
                                    "maxLength", "items", "default", "description"};
static const char *const types[] = {"string", "integer", "number", "boolean", "array", "object"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_in(struct str word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(word, list[i]))
            return true;
    }
    return false;
}

static int check_property(struct str name, const struct json *property, const char *what,
                          struct err *err)
{
    if (!json_is(property, JSON_OBJECT) ||
        !is_in(json_str(json_get(property, "type")), types, COUNT(types)))
        return err_set(err, EXIT_PLUGIN, "%s: option '%.*s' needs a \"type\" of JSON Schema", what,
                       (int)name.len, name.ptr);
    for (struct json_iter it = json_members(property); json_next(&it);) {
        if (!is_in(it.key, words, COUNT(words)))
            return err_set(err, EXIT_PLUGIN,
                           "%s: option '%.*s': the host does not know \"%.*s\" of JSON Schema",
                           what, (int)name.len, name.ptr, (int)it.key.len, it.key.ptr);
    }
    return 0;
}

int options_check_schema(const struct json *schema, const char *what, struct err *err)
{
    const struct json *properties = json_get(schema, "properties");
    if (!json_is(properties, JSON_OBJECT))
        return err_set(err, EXIT_PLUGIN,
                       "%s: the options are not a JSON Schema with "
                       "\"properties\"",
                       what);
    if (json_count(properties) > MAX_OPTIONS)
        return err_set(err, EXIT_PLUGIN, "%s: over %d options", what, MAX_OPTIONS);
    for (struct json_iter it = json_members(properties); json_next(&it);) {
        int code = check_property(it.key, it.value, what, err);
        if (code)
            return code;
    }
    return 0;
}

struct checker {
    const char *what;
    options_where_fn *where;
    void *arg;
    struct err *err;
};

static int wrong(struct checker *c, const char *option, const char *need)
{
    return err_set(c->err, EXIT_CONFIG, "%s: %s option '%s' must be %s",
                   c->where ? c->where(c->arg, option) : "options", c->what, option, need);
}

static bool type_fits(const char *type, const struct json *value)
{
    switch (json_kind(value)) {
    case JSON_BOOL:
        return strcmp(type, "boolean") == 0;
    case JSON_INT:
        return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
    case JSON_DOUBLE:
        return strcmp(type, "number") == 0;
    case JSON_STRING:
        return strcmp(type, "string") == 0;
    case JSON_ARRAY:
        return strcmp(type, "array") == 0;
    case JSON_OBJECT:
        return strcmp(type, "object") == 0;
    case JSON_NULL:
        break;
    }
    return false;
}

static const char *type_text(const char *type)
{
    static const char *const texts[][2] = {
        {"string", "a text"},         {"integer", "a whole number"}, {"number", "a number"},
        {"boolean", "true or false"}, {"array", "a list"},           {"object", "a block of keys"},
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (strcmp(type, texts[i][0]) == 0)
            return texts[i][1];
    }
    return type;
}

static int check_range(struct checker *c, const char *option, const struct json *property,
                       const struct json *value)
{
    const struct json *least = json_get(property, "minimum"), *most = json_get(property, "maximum");
    double number = json_double(value, 0);
    CLEANUP_BUF struct buf need = {0};
    if ((json_is(least, JSON_NULL) || number >= json_double(least, 0)) &&
        (json_is(most, JSON_NULL) || number <= json_double(most, 0)))
        return 0;
    buf_text(&need, json_is(value, JSON_INT) ? "a whole number" : "a number");
    if (!json_is(least, JSON_NULL)) {
        buf_text(&need, " from ");
        json_write(&need, least, 0);
    }
    if (!json_is(most, JSON_NULL)) {
        buf_text(&need, json_is(least, JSON_NULL) ? " up to " : " to ");
        json_write(&need, most, 0);
    }
    return wrong(c, option, need.ptr);
}

static int check_length(struct checker *c, const char *option, const struct json *property,
                        const struct json *value)
{
    int64_t len = (int64_t)json_str(value).len;
    int64_t least = json_int(json_get(property, "minLength"), 0);
    int64_t most = json_int(json_get(property, "maxLength"), INT64_MAX);
    char need[80];
    if (len >= least && len <= most)
        return 0;
    if (len < least)
        snprintf(need, sizeof(need), "a text of at least %lld bytes", (long long)least);
    else
        snprintf(need, sizeof(need), "a text of at most %lld bytes", (long long)most);
    return wrong(c, option, need);
}

static int check_enum(struct checker *c, const char *option, const struct json *choices,
                      const struct json *value)
{
    CLEANUP_BUF struct buf need = {0};
    for (size_t i = 0; i < json_count(choices); i++) {
        if (json_equal(json_at(choices, i), value))
            return 0;
    }
    buf_text(&need, "one of ");
    json_write(&need, choices, 0);
    return wrong(c, option, need.ptr);
}

static int check_value(struct checker *c, const char *option, const struct json *property,
                       const struct json *value)
{
    const char *type = json_str(json_get(property, "type")).ptr;
    int code = 0;
    if (!type_fits(type, value))
        return wrong(c, option, type_text(type));
    if (json_is(value, JSON_INT) || json_is(value, JSON_DOUBLE))
        code = check_range(c, option, property, value);
    if (json_is(value, JSON_STRING))
        code = check_length(c, option, property, value);
    if (!code && json_get(property, "enum"))
        code = check_enum(c, option, json_get(property, "enum"), value);
    const struct json *items = json_get(property, "items");
    for (size_t i = 0; !code && items && i < json_count(value); i++)
        code = check_value(c, option, items, json_at(value, i));
    return code;
}

static int unknown(struct checker *c, const struct json *properties, const char *option)
{
    const char *names[MAX_OPTIONS];
    size_t count = 0;
    for (struct json_iter it = json_members(properties); json_next(&it) && count < MAX_OPTIONS;)
        names[count++] = it.key.ptr;
    const char *near = nearest(str_of(option), names, count);
    const char *where = c->where ? c->where(c->arg, option) : "options";
    if (near)
        return err_set(c->err, EXIT_CONFIG, "%s: unknown %s option '%s'; did you mean '%s'?", where,
                       c->what, option, near);
    if (!count)
        return err_set(c->err, EXIT_CONFIG, "%s: unknown %s option '%s': it takes no options",
                       where, c->what, option);
    return err_set(c->err, EXIT_CONFIG,
                   "%s: unknown %s option '%s'; grasp-host list -v shows those there are", where,
                   c->what, option);
}

struct json *options_check(const struct json *schema, const struct json *given, const char *what,
                           options_where_fn *where, void *arg, struct err *err)
{
    struct checker c = {.what = what, .where = where, .arg = arg, .err = err};
    const struct json *properties = json_get(schema, "properties");
    for (struct json_iter it = json_members(given); json_next(&it);) {
        const struct json *property = json_get_str(properties, it.key);
        int code = property ? 0 : unknown(&c, properties, it.key.ptr);
        if (!code && !json_is(it.value, JSON_NULL)) /* null: as if not given */
            code = check_value(&c, it.key.ptr, property, it.value);
        if (code)
            return NULL;
    }
    struct json *out = json_new_object();
    for (struct json_iter it = json_members(properties); json_next(&it);) {
        const struct json *value = json_get_str(given, it.key);
        if (json_is(value, JSON_NULL))
            value = json_get(it.value, "default");
        if (value)
            json_set_str(out, it.key, json_copy(value));
    }
    return out;
}

void options_describe(struct buf *out, const struct json *schema)
{
    for (struct json_iter it = json_members(json_get(schema, "properties")); json_next(&it);) {
        struct str type = json_str(json_get(it.value, "type"));
        struct str text = json_str(json_get(it.value, "description"));
        const struct json *choices = json_get(it.value, "enum");
        buf_printf(out, "      %-24.*s %-8.*s", (int)it.key.len, it.key.ptr, (int)type.len,
                   type.ptr);
        if (json_get(it.value, "default")) {
            buf_text(out, " default ");
            json_write(out, json_get(it.value, "default"), 0);
        }
        if (choices) {
            buf_text(out, " of ");
            json_write(out, choices, 0);
        }
        buf_printf(out, "\n        %.*s\n", (int)text.len, text.ptr);
    }
}
