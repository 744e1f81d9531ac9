/* SPDX-License-Identifier: MIT */
#include "model/variables.h"

#include <stdlib.h>

#include "base/mem.h"

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

bool variable_is_set(struct str name)
{
    CLEANUP_FREE char *text = mem_dup(name.ptr, name.len);
    return is_set(text) || (str_is(name, "OPENAI_BASE_URL") && is_set("OPENAI_API_BASE"));
}

static void add_name(void *arg, const struct variable *variable)
{
    struct json *names = arg;
    for (size_t i = 0; i < json_count(names); i++) {
        if (str_eq(json_str(json_at(names, i)), variable->name))
            return;
    }
    json_push(names, json_new_str(variable->name));
}

static void add_sources(struct json *out, const struct json *block)
{
    for (struct json_iter it = json_members(block); json_next(&it);) {
        if (!json_is(it.value, JSON_STRING) && !str_is(it.key, "headers"))
            continue;
        struct json *names = json_new_array();
        variables_scan(it.value, add_name, names);
        if (json_count(names))
            json_set_str(out, it.key, names);
        else
            json_free(names);
    }
}

struct json *variables_sources(const struct json *block)
{
    struct json *out = json_new_object();
    add_sources(out, block);
    add_sources(out, json_get(block, "parameters"));
    add_sources(out, json_path(block, "parameters.body"));
    return out;
}

static void find_missing(void *arg, const struct variable *variable)
{
    struct str *missing = arg;
    if (!missing->len && !variable->has_otherwise && !variable_is_set(variable->name))
        *missing = variable->name;
}

static int none_fits(const struct json *blocks, struct err *err)
{
    CLEANUP_JSON struct json *names = json_new_array();
    CLEANUP_BUF struct buf text = {0};
    for (size_t i = 0; i < json_count(blocks); i++) {
        struct variable first = {0};
        variables_scan(json_at(blocks, i), find_missing, &first.name);
        add_name(names, &first);
    }
    for (size_t i = 0; i < json_count(names); i++)
        buf_printf(&text, "%s%s", i ? " or " : "", json_str(json_at(names, i)).ptr);
    return err_set(err, EXIT_CONFIG,
                   "the environment variable %s is not set (--agent rehearsal needs none)",
                   text.ptr);
}

const struct json *variables_choose(const struct json *blocks, struct err *err)
{
    if (!json_is(blocks, JSON_ARRAY))
        return blocks;
    for (size_t i = 0; i < json_count(blocks); i++) {
        struct str missing = {0};
        variables_scan(json_at(blocks, i), find_missing, &missing);
        if (!missing.len)
            return json_at(blocks, i);
    }
    if (json_count(blocks))
        none_fits(blocks, err);
    else
        err_set(err, EXIT_CONFIG, "the preset is an empty list");
    return NULL;
}
