/* SPDX-License-Identifier: MIT */
/* The grid: every combination of the axes' values, less exclude, plus include. */
#include <fnmatch.h>
#include <string.h>

#include "base/map.h"
#include "base/nearest.h"
#include "model/config.h"
#include "run/config.h"
#include "sweep/plan_internal.h"

/* What has a name of its own; anything else is a key of the configuration. */
static const char *const short_names[] = {"task", "method", "agent", "seed"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_short(struct str name)
{
    for (size_t i = 0; i < COUNT(short_names); i++) {
        if (str_is(name, short_names[i]))
            return true;
    }
    return false;
}

/* agent.KEY of the axis or setting `name`. A run on the rehearsal, on which a grid is tried first,
 * would not miss it: that has no preset. The reference's agents have a strategy as well. */
static int check_agent_key(const char *where, struct str name, struct str rest, struct err *err)
{
    struct str key = str_cut(&rest, '.');
    CLEANUP_JSON struct json *preset = json_new_object();
    if (str_is(key, "strategy"))
        return 0;
    json_set_str(preset, key, NULL);
    int code = chat_config_check_keys(preset, NULL, err);
    return code ? err_prefix(err, "%s: %.*s", where, (int)name.len, name.ptr) : 0;
}

/* The part before the first dot has to be a key of configurations; what task and method have is for
 * the run to check, which knows the plugins. */
int axes_check_name(const struct sweep *sweep, const char *where, struct str name, struct err *err)
{
    const char *names[64];
    size_t count = 0;
    (void)sweep;
    for (size_t i = 0; i < COUNT(short_names); i++)
        names[count++] = short_names[i];
    for (const char *const *key = config_keys(); *key && count < COUNT(names); key++)
        names[count++] = *key;
    struct str rest = name, first = str_cut(&rest, '.');
    bool dotted = first.len < name.len;
    for (size_t i = 0; i < count; i++) {
        if (str_is(first, names[i]) && (!dotted || rest.len))
            return dotted && str_is(first, "agent") ? check_agent_key(where, name, rest, err) : 0;
    }
    const char *near = nearest(first, names, count);
    if (near)
        return err_set(err, EXIT_CONFIG, "%s: no axis or setting '%.*s'; did you mean '%s%.*s'?",
                       where, (int)name.len, name.ptr, near, (int)(name.len - first.len),
                       name.ptr + first.len);
    return err_set(
        err, EXIT_CONFIG,
        "%s: no axis or setting '%.*s'; there are task, method, agent, seed and the keys "
        "of a configuration, such as cycle.epochs, method.KEY and task.KEY",
        where, (int)name.len, name.ptr);
}

void sweep_value_text(struct buf *out, const struct json *value)
{
    if (json_is(value, JSON_STRING))
        buf_str(out, json_str(value));
    else
        json_write(out, value, JSON_COMPACT);
}

static bool matches_one(const char *text, const struct json *pattern)
{
    CLEANUP_BUF struct buf wanted = {0};
    sweep_value_text(&wanted, pattern);
    return fnmatch(wanted.ptr ? wanted.ptr : "", text, 0) == 0;
}

bool axes_match(const struct json *axes, const struct json *where)
{
    for (struct json_iter it = json_members(where); json_next(&it);) {
        CLEANUP_BUF struct buf text = {0};
        bool list = json_is(it.value, JSON_ARRAY), found = false;
        buf_text(&text, "");
        sweep_value_text(&text, json_get_str(axes, it.key));
        for (size_t i = 0; list && i < json_count(it.value); i++)
            found = found || matches_one(text.ptr, json_at(it.value, i));
        if (list ? !found : !matches_one(text.ptr, it.value))
            return false;
    }
    return true;
}

static int no_such_axis(const struct sweep *sweep, const char *where, struct str name,
                        struct err *err)
{
    const char *names[64];
    size_t count = 0;
    for (struct json_iter it = json_members(json_get(sweep->tree, "axes"));
         json_next(&it) && count < COUNT(names);)
        names[count++] = it.key.ptr;
    const char *near = nearest(name, names, count);
    if (near)
        return err_set(err, EXIT_CONFIG, "%s: the sweep has no axis '%.*s'; did you mean '%s'?",
                       where, (int)name.len, name.ptr, near);
    return err_set(err, EXIT_CONFIG, "%s: the sweep has no axis '%.*s'; put it below axes", where,
                   (int)name.len, name.ptr);
}

/* The texts of an axis' values in `lists`, which is axes or an entry of include. */
static void add_values(const struct json *lists, struct str axis, struct json *out)
{
    const struct json *values = json_get_str(lists, axis);
    bool list = json_is(values, JSON_ARRAY);
    size_t count = list ? json_count(values) : values != NULL;
    for (size_t i = 0; i < count; i++) {
        CLEANUP_BUF struct buf text = {0};
        buf_text(&text, "");
        sweep_value_text(&text, list ? json_at(values, i) : values);
        json_push(out, json_new_str(buf_view(&text)));
    }
}

/* A pattern that no value of its axis matches is a slip: cells would be paid for that were to be
 * left out, or to run otherwise. */
static int check_pattern(const struct sweep *sweep, const char *where, struct str axis,
                         const struct json *pattern, struct err *err)
{
    const struct json *includes = json_get(sweep->tree, "include");
    CLEANUP_JSON struct json *values = json_new_array();
    CLEANUP_BUF struct buf text = {0};
    add_values(json_get(sweep->tree, "axes"), axis, values);
    for (size_t i = 0; i < json_count(includes); i++)
        add_values(json_at(includes, i), axis, values);
    const char **texts = mem_array(json_count(values) + 1, sizeof(*texts));
    bool found = false;
    for (size_t i = 0; i < json_count(values); i++) {
        texts[i] = json_str(json_at(values, i)).ptr;
        found = found || matches_one(texts[i], pattern);
    }
    buf_text(&text, "");
    sweep_value_text(&text, pattern);
    const char *near = nearest(buf_view(&text), texts, json_count(values));
    int code = 0;
    if (!found && near)
        code = err_set(err, EXIT_CONFIG,
                       "%s: no value of axis '%.*s' matches '%s'; did you mean '%s'?", where,
                       (int)axis.len, axis.ptr, text.ptr, near);
    else if (!found)
        code = err_set(err, EXIT_CONFIG,
                       "%s: no value of axis '%.*s' matches '%s'; add it to the axis, or leave the "
                       "pattern out",
                       where, (int)axis.len, axis.ptr, text.ptr);
    mem_free(texts);
    return code;
}

static int check_patterns(const struct sweep *sweep, const char *where, struct str axis,
                          const struct json *patterns, struct err *err)
{
    int code = 0;
    if (!json_is(patterns, JSON_ARRAY))
        return check_pattern(sweep, where, axis, patterns, err);
    for (size_t i = 0; i < json_count(patterns) && !code; i++)
        code = check_pattern(sweep, where, axis, json_at(patterns, i), err);
    return code;
}

int axes_check_where(const struct sweep *sweep, const char *where, const struct json *block,
                     struct err *err)
{
    if (!json_is(block, JSON_OBJECT) || !json_count(block))
        return err_set(err, EXIT_CONFIG,
                       "%s: needs a mapping of axes to patterns, as in {task: 'medagent*'}", where);
    for (struct json_iter it = json_members(block); json_next(&it);) {
        if (!json_get_str(json_get(sweep->tree, "axes"), it.key))
            return no_such_axis(sweep, where, it.key, err);
        int code = check_patterns(sweep, where, it.key, it.value, err);
        if (code)
            return code;
    }
    return 0;
}

/* Is it a single value, which names and settings can have? */
static bool is_value(const struct json *value)
{
    return json_is(value, JSON_STRING) ? json_str(value).len > 0
                                       : json_is(value, JSON_INT) || json_is(value, JSON_DOUBLE) ||
                                             json_is(value, JSON_BOOL);
}

static int check_values(const struct sweep *s, const char *dotted, struct str name,
                        const struct json *values, struct err *err)
{
    bool list = json_is(values, JSON_ARRAY);
    size_t count = list ? json_count(values) : 1;
    if (list ? !count : !is_value(values))
        return err_set(err, EXIT_CONFIG, "%s: axis '%.*s' needs a list of values",
                       sweep_where(s, dotted), (int)name.len, name.ptr);
    for (size_t i = 0; i < count; i++) {
        const struct json *value = list ? json_at(values, i) : values;
        if (!is_value(value))
            return err_set(err, EXIT_CONFIG,
                           "%s: a value of axis '%.*s' is neither a text nor a number nor true or "
                           "false",
                           sweep_where(s, dotted), (int)name.len, name.ptr);
        for (size_t k = 0; k < i; k++) {
            if (json_equal(json_at(values, k), value))
                return err_set(err, EXIT_CONFIG, "%s: axis '%.*s' has a value twice",
                               sweep_where(s, dotted), (int)name.len, name.ptr);
        }
        if (str_is(name, "seed") && !json_is(value, JSON_INT))
            return err_set(err, EXIT_CONFIG,
                           "%s: a seed is a whole number; several are a list: [1, 2]",
                           sweep_where(s, dotted));
        if (!str_is(name, "seed") && is_short(name) && !json_is(value, JSON_STRING))
            return err_set(err, EXIT_CONFIG, "%s: a value of axis '%.*s' is a name; quote it",
                           sweep_where(s, dotted), (int)name.len, name.ptr);
    }
    return 0;
}

static int check_axes(const struct sweep *s, struct err *err)
{
    const struct json *axes = json_get(s->tree, "axes");
    if (!json_is(axes, JSON_OBJECT) || !json_count(axes))
        return err_set(err, EXIT_CONFIG,
                       "%s: a sweep needs axes, as in\naxes: {task: [quickstart], method: [none, "
                       "grasp], agent: [rehearsal], seed: [1, 2]}",
                       sweep_where(s, "axes"));
    for (struct json_iter it = json_members(axes); json_next(&it);) {
        CLEANUP_FREE char *dotted = mem_printf("axes.%s", it.key.ptr);
        int code = axes_check_name(s, sweep_where(s, dotted), it.key, err);
        if (!code)
            code = check_values(s, dotted, it.key, it.value, err);
        if (code)
            return code;
    }
    return 0;
}

static bool is_there(const struct sweep *s, const struct json *axes)
{
    for (size_t i = 0; i < s->count; i++) {
        if (json_equal(s->cells[i].axes, axes))
            return true;
    }
    return false;
}

static bool is_excluded(const struct sweep *s, const struct json *axes)
{
    const struct json *exclude = json_get(s->tree, "exclude");
    for (size_t i = 0; i < json_count(exclude); i++) {
        if (axes_match(axes, json_at(exclude, i)))
            return true;
    }
    return false;
}

/* All combinations of lists, the last axis fastest. included: exclude does not count. */
static int add_grid(struct sweep *s, const struct json *lists, bool included, struct err *err)
{
    size_t total = 1, number = 0;
    for (struct json_iter it = json_members(lists); json_next(&it);) {
        size_t n = json_is(it.value, JSON_ARRAY) ? json_count(it.value) : 1;
        if (n > SWEEP_MAX_CELLS / total)
            return err_set(err, EXIT_CONFIG, "%s: more than %d cells", sweep_where(s, "axes"),
                           SWEEP_MAX_CELLS);
        total *= n;
    }
    for (; number < total; number++) {
        struct json *axes = json_new_object();
        size_t block = total;
        for (struct json_iter it = json_members(lists); json_next(&it);) {
            bool list = json_is(it.value, JSON_ARRAY);
            block /= list ? json_count(it.value) : 1;
            size_t at = list ? number / block % json_count(it.value) : 0;
            json_set_str(axes, it.key, json_copy(list ? json_at(it.value, at) : it.value));
        }
        if (included ? is_there(s, axes) : is_excluded(s, axes)) {
            json_free(axes);
            continue;
        }
        MEM_RESERVE(s->cells, s->count, s->capacity);
        s->cells[s->count++] = (struct sweep_cell){.axes = axes, .baseline = SWEEP_NO_CELL};
    }
    return 0;
}

/* An entry of include: the axes that it does not name take all their values. */
static int include(struct sweep *s, const struct json *entry, struct err *err)
{
    CLEANUP_JSON struct json *lists = json_copy(json_get(s->tree, "axes"));
    const char *where = sweep_where(s, "include");
    if (!json_is(entry, JSON_OBJECT) || !json_count(entry))
        return err_set(err, EXIT_CONFIG,
                       "%s: an entry of include is a mapping of axes to values, as in {task: "
                       "medagent, seed: 9}",
                       where);
    for (struct json_iter it = json_members(entry); json_next(&it);) {
        int code = 0;
        if (!json_get_str(lists, it.key))
            code = no_such_axis(s, where, it.key, err);
        if (!code)
            code = check_values(s, "include", it.key, it.value, err);
        if (code)
            return code;
        json_set_str(lists, it.key, json_copy(it.value));
    }
    return add_grid(s, lists, true, err);
}

static int check_list(const struct sweep *s, const char *key, struct err *err)
{
    const struct json *list = json_get(s->tree, key);
    if (json_is(list, JSON_NULL) || json_is(list, JSON_ARRAY))
        return 0;
    return err_set(err, EXIT_CONFIG, "%s: %s is a list of mappings", sweep_where(s, key), key);
}

int axes_expand(struct sweep *s, struct err *err)
{
    const struct json *excludes = json_get(s->tree, "exclude");
    const struct json *includes = json_get(s->tree, "include");
    int code = check_axes(s, err);
    if (!code)
        code = check_list(s, "exclude", err);
    if (!code)
        code = check_list(s, "include", err);
    for (size_t i = 0; !code && i < json_count(excludes); i++)
        code = axes_check_where(s, sweep_where(s, "exclude"), json_at(excludes, i), err);
    if (!code)
        code = add_grid(s, json_get(s->tree, "axes"), false, err);
    for (size_t i = 0; !code && i < json_count(includes); i++)
        code = include(s, json_at(includes, i), err);
    if (!code && !s->count)
        code = err_set(err, EXIT_CONFIG, "%s: no cell is left: exclude takes all of them",
                       sweep_where(s, "exclude"));
    return code;
}
