/* SPDX-License-Identifier: MIT */
#include "cli/agent.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "model/preset.h"
#include "model/variables.h"

struct folders {
    char *paths[2];
    const char *dirs[3];
};

static void folders_init(struct folders *f, const char *config_file)
{
    const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
    CLEANUP_FREE char *beside = config_file ? file_dir_name(config_file) : mem_dup(".", 1);
    f->paths[0] = file_join(beside, "agents");
    f->paths[1] = xdg && *xdg ? mem_printf("%s/grasp-host/agents", xdg)
                              : mem_printf("%s/.config/grasp-host/agents",
                                           home && *home ? home : "/nonexistent");
    f->dirs[0] = f->paths[0];
    f->dirs[1] = f->paths[1];
    f->dirs[2] = NULL;
}

static void folders_clear(struct folders *f)
{
    mem_free(f->paths[0]);
    mem_free(f->paths[1]);
}

/* The reference's FHIR-AgentBench keeps its agent's strategy in this block too; its model and
 * endpoint give way to the preset's (spec/grasp.md 3.3). */
static bool is_for_preset(const struct json *changes, struct str key)
{
    if (!json_get(changes, "strategy"))
        return true;
    return str_is(key, "timeout") || str_is(key, "max_retries");
}

int agent_load(const char *config_file, const char *name, const struct json *changes,
               struct json **out, struct err *err)
{
    struct folders folders;
    folders_init(&folders, config_file);
    int code = preset_load(name, folders.dirs, out, err);
    for (struct json_iter it = json_members(code ? NULL : changes); json_next(&it);) {
        if (is_for_preset(changes, it.key))
            json_set_str(*out, it.key, json_copy(it.value));
    }
    folders_clear(&folders);
    return code;
}

struct listing {
    struct buf *text;
    struct json *variables; /* seen so far */
    bool detail;
    struct buf missing; /* of the block at hand */
};

static void add_missing(struct buf *missing, struct str name)
{
    buf_printf(missing, "%s%.*s", missing->len ? ", " : "", (int)name.len, name.ptr);
}

static bool is_listed(const struct json *variables, struct str name)
{
    for (size_t i = 0; i < json_count(variables); i++) {
        if (str_eq(json_str(json_get(json_at(variables, i), "name")), name))
            return true;
    }
    return false;
}

static void on_variable(void *arg, const struct variable *variable)
{
    struct listing *l = arg;
    bool set = variable_is_set(variable->name), required = !variable->has_otherwise;
    if (required && !set)
        add_missing(&l->missing, variable->name);
    if (is_listed(l->variables, variable->name))
        return;
    struct json *entry = json_new_object();
    json_set(entry, "name", json_new_str(variable->name));
    json_set(entry, "required", json_new_bool(required));
    json_set(entry, "set", json_new_bool(set));
    if (variable->has_otherwise)
        json_set(entry, "default", json_new_str(variable->otherwise));
    json_push(l->variables, entry);
}

/* The first block that has its variables, or what each of them lacks. */
static bool is_ready(struct listing *l, const struct json *blocks, struct buf *out)
{
    bool list = json_is(blocks, JSON_ARRAY), ready = false;
    size_t count = list ? json_count(blocks) : 1;
    for (size_t i = 0; i < count; i++) {
        buf_reset(&l->missing);
        variables_scan(list ? json_at(blocks, i) : blocks, on_variable, l);
        ready |= !l->missing.len;
        if (l->missing.len)
            buf_printf(out, "%s%s", out->len ? " or " : "", l->missing.ptr);
    }
    return ready;
}

static void write_variables(struct buf *out, const struct json *variables)
{
    for (size_t i = 0; i < json_count(variables); i++) {
        const struct json *v = json_at(variables, i);
        struct str otherwise = json_str(json_get(v, "default"));
        bool set = json_bool(json_get(v, "set"), false);
        buf_printf(out, "    %-32s %s", json_str(json_get(v, "name")).ptr,
                   set                                         ? "set"
                   : json_bool(json_get(v, "required"), false) ? "missing"
                                                               : "not set");
        if (!set && otherwise.len)
            buf_printf(out, ": %s", otherwise.ptr);
        buf_char(out, '\n');
    }
}

static void list_one(struct buf *text, struct json *json, const char *name, const char *const *dirs,
                     bool detail)
{
    struct listing l = {.variables = json_new_array()};
    CLEANUP_JSON struct json *blocks = NULL;
    CLEANUP_FREE char *source = NULL;
    CLEANUP_BUF struct buf missing = {0};
    struct err err = {0};
    struct json *entry = json_new_object();
    bool readable = !preset_read(name, dirs, &blocks, &source, &err);
    bool ready = readable && is_ready(&l, blocks, &missing);
    buf_printf(text, "  %-12s %s%s\n", name,
               ready      ? "ready"
               : readable ? "missing "
                          : "",
               ready      ? ""
               : readable ? missing.ptr
                          : err.text);
    if (detail)
        write_variables(text, l.variables);
    json_set(entry, "kind", json_new_str(STR("model")));
    json_set(entry, "id", json_new_str(str_of(name)));
    json_set(entry, "ready", json_new_bool(ready));
    if (source)
        json_set(entry, "source", json_new_str(str_of(source)));
    if (!readable)
        json_set(entry, "error", json_new_str(str_of(err.text)));
    json_set(entry, "variables", l.variables);
    json_push(json, entry);
    buf_free(&l.missing);
}

void agent_list(struct buf *text, struct json *json, bool detail)
{
    struct folders folders;
    folders_init(&folders, NULL);
    char **names = preset_list(folders.dirs);
    for (size_t i = 0; names[i]; i++) {
        list_one(text, json, names[i], folders.dirs, detail);
        mem_free(names[i]);
    }
    mem_free(names);
    folders_clear(&folders);
}
