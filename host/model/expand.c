/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "model/preset.h"
#include "model/variables.h"

static size_t name_length(struct str text)
{
    size_t len = 0;
    while (len < text.len && (isalpha((unsigned char)text.ptr[len]) || text.ptr[len] == '_' ||
                              (len && isdigit((unsigned char)text.ptr[len]))))
        len++;
    return len;
}

/* A reference at the start of the text. */
static bool read_reference(struct str text, struct variable *out)
{
    if (!str_starts(text, "${"))
        return false;
    struct str rest = {text.ptr + 2, text.len - 2};
    size_t len = name_length(rest);
    const char *close = memchr(rest.ptr, '}', rest.len);
    if (!len || !close)
        return false;
    *out = (struct variable){.name = {rest.ptr, len}, .len = (size_t)(close + 1 - text.ptr)};
    struct str tail = {rest.ptr + len, (size_t)(close - rest.ptr) - len};
    out->has_otherwise = str_starts(tail, ":-");
    if (out->has_otherwise)
        out->otherwise = (struct str){tail.ptr + 2, tail.len - 2};
    return out->has_otherwise || tail.len == 0;
}

static void hide(const char *name, const char *value)
{
    static const char *const ends[] = {"KEY", "TOKEN", "SECRET"};
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        size_t end = strlen(ends[i]);
        if (len >= end && strcasecmp(name + len - end, ends[i]) == 0 && strcmp(value, "EMPTY") != 0)
            log_secret(value);
    }
}

static const char *variable(struct str name)
{
    CLEANUP_FREE char *text = mem_dup(name.ptr, name.len);
    const char *value = getenv(text);
    if (!value && strcmp(text, "OPENAI_BASE_URL") == 0) {
        value = getenv("OPENAI_API_BASE");
        if (value)
            log_line(LOG_WARNING,
                     "OPENAI_BASE_URL is not set; using OPENAI_API_BASE, its old name");
    }
    if (value)
        hide(text, value);
    return value;
}

static int not_set(struct str name, struct err *err)
{
    return err_set(err, EXIT_CONFIG,
                   "the environment variable %.*s is not set and there is no default for it",
                   (int)name.len, name.ptr);
}

static int expand_text(struct str text, struct buf *out, struct err *err)
{
    struct variable reference;
    while (text.len) {
        const char *dollar = memchr(text.ptr, '$', text.len);
        size_t plain = dollar ? (size_t)(dollar - text.ptr) : text.len;
        buf_add(out, text.ptr, plain);
        text = (struct str){text.ptr + plain, text.len - plain};
        if (!text.len)
            break;
        if (!read_reference(text, &reference)) {
            buf_char(out, '$');
            text = (struct str){text.ptr + 1, text.len - 1};
            continue;
        }
        const char *value = variable(reference.name);
        if (!value && !reference.has_otherwise)
            return not_set(reference.name, err);
        buf_str(out, value ? str_of(value) : reference.otherwise);
        text = (struct str){text.ptr + reference.len, text.len - reference.len};
    }
    return 0;
}

static int expanded(const struct json *value, struct json **out, struct err *err);

static int expand_string(const struct json *value, struct json **out, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    int code = expand_text(json_str(value), &text, err);
    if (!code)
        *out = json_new_str(buf_view(&text));
    return code;
}

static int expand_object(const struct json *value, struct json **out, struct err *err)
{
    CLEANUP_JSON struct json *object = json_new_object();
    for (struct json_iter it = json_members(value); json_next(&it);) {
        struct json *member = NULL;
        int code = expanded(it.value, &member, err);
        if (code)
            return code;
        json_set_str(object, it.key, member);
    }
    *out = object;
    object = NULL;
    return 0;
}

static int expand_array(const struct json *value, struct json **out, struct err *err)
{
    CLEANUP_JSON struct json *array = json_new_array();
    for (size_t i = 0; i < json_count(value); i++) {
        struct json *item = NULL;
        int code = expanded(json_at(value, i), &item, err);
        if (code)
            return code;
        json_push(array, item);
    }
    *out = array;
    array = NULL;
    return 0;
}

static int expanded(const struct json *value, struct json **out, struct err *err)
{
    switch (json_kind(value)) {
    case JSON_STRING:
        return expand_string(value, out, err);
    case JSON_OBJECT:
        return expand_object(value, out, err);
    case JSON_ARRAY:
        return expand_array(value, out, err);
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_INT:
    case JSON_DOUBLE:
        break;
    }
    *out = json_copy(value);
    return 0;
}

int preset_expand(struct json *value, struct err *err)
{
    CLEANUP_JSON struct json *new = NULL;
    int code = expanded(value, &new, err);
    if (code)
        return code;
    for (struct json_iter it = json_members(new); json_next(&it);)
        json_set_str(value, it.key, json_copy(it.value));
    return 0;
}

static void scan_text(struct str text, variable_fn *fn, void *arg)
{
    struct variable variable;
    const char *dollar;
    while (text.len && (dollar = memchr(text.ptr, '$', text.len))) {
        text = (struct str){dollar, text.len - (size_t)(dollar - text.ptr)};
        bool is_one = read_reference(text, &variable);
        if (is_one)
            fn(arg, &variable);
        size_t step = is_one ? variable.len : 1;
        text = (struct str){text.ptr + step, text.len - step};
    }
}

void variables_scan(const struct json *value, variable_fn *fn, void *arg)
{
    scan_text(json_str(value), fn, arg);
    for (size_t i = 0; json_is(value, JSON_ARRAY) && i < json_count(value); i++)
        variables_scan(json_at(value, i), fn, arg);
    for (struct json_iter it = json_members(value); json_next(&it);)
        variables_scan(it.value, fn, arg);
}
