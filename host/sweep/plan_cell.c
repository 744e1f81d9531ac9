/* SPDX-License-Identifier: MIT */
/* A cell's name and configuration, and whose baseline it takes. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/nearest.h"
#include "run/config.h"
#include "sweep/plan_internal.h"

#define NAME_MAX_LEN 120
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- Names --- */

/* The part of a value that tells it from others: of the path of a plugin or a file its last name.
 */
static void add_word(struct buf *out, struct str text)
{
    for (size_t i = text.len; i > 0; i--) {
        if (text.ptr[i - 1] == '/') {
            text = (struct str){text.ptr + i, text.len - i};
            break;
        }
    }
    size_t at;
    struct str rest = {0};
    if (str_find(text, STR(".so"), &at) && (at + 3 == text.len || text.ptr[at + 3] == ':')) {
        rest = (struct str){text.ptr + at + 3, text.len - at - 3};
        text.len = at;
    }
    for (int part = 0; part < 2; part++, text = rest) {
        for (size_t i = 0; i < text.len; i++) {
            unsigned char c = (unsigned char)text.ptr[i];
            bool plain = isalnum(c) || c == '_' || c == '-' || c == '+' || (c == '.' && out->len);
            buf_char(out, plain && c < 128 ? (char)c : '-');
        }
    }
}

/* The axes whose values differ, as a set. */
static void find_varying(const struct sweep *s, struct map *out)
{
    for (struct json_iter it = json_members(s->cells[0].axes); json_next(&it);) {
        bool varies = false;
        for (size_t i = 1; i < s->count && !varies; i++)
            varies = !json_equal(it.value, json_get_str(s->cells[i].axes, it.key));
        if (varies)
            map_set(out, it.key, out);
    }
}

static void add_label(struct buf *out, struct str axis, const struct json *value)
{
    CLEANUP_BUF struct buf text = {0};
    sweep_value_text(&text, value);
    if (out->len)
        buf_char(out, '_');
    bool short_name = str_is(axis, "task") || str_is(axis, "method") || str_is(axis, "agent");
    for (struct str rest = axis; !short_name && rest.len;)
        axis = str_cut(&rest, '.');
    if (!short_name)
        add_word(out, axis);
    add_word(out, buf_view(&text));
}

static void name_cell(struct sweep *s, size_t index, const struct map *varying)
{
    struct sweep_cell *cell = &s->cells[index];
    CLEANUP_BUF struct buf name = {0};
    for (struct json_iter it = json_members(cell->axes); json_next(&it);) {
        if ((cell->implied && str_is(it.key, "method")) || map_has(varying, it.key))
            add_label(&name, it.key, it.value);
    }
    if (!name.len)
        buf_text(&name, "cell");
    if (name.len > NAME_MAX_LEN) {
        char digest[HASH_HEX];
        hash_sha256_hex(buf_view(&name), digest);
        name.len = NAME_MAX_LEN - 13;
        buf_printf(&name, "-%.12s", digest);
    }
    size_t length = name.len;
    for (unsigned number = 2; map_has(&s->names, buf_view(&name)); number++) {
        name.len = length;
        buf_printf(&name, "-%u", number);
    }
    cell->name = arena_dup(&s->arena, name.ptr, name.len);
    map_set(&s->names, buf_view(&name), s);
}

/* --- Configuration --- */

static void merge(struct json *into, const struct json *from)
{
    for (struct json_iter it = json_members(from); json_next(&it);) {
        struct json *have = json_get_str(into, it.key);
        if (json_is(it.value, JSON_OBJECT) && json_is(have, JSON_OBJECT))
            merge(have, it.value);
        else
            json_set_str(into, it.key, json_copy(it.value));
    }
}

static int apply_set(const struct sweep *s, const char *where, struct config *config,
                     const struct json *set, struct err *err)
{
    if (!json_is(set, JSON_NULL) && !json_is(set, JSON_OBJECT))
        return err_set(err, EXIT_CONFIG, "%s: set is a mapping, as in {cycle.epochs: 3}", where);
    for (struct json_iter it = json_members(set); json_next(&it);) {
        int code = axes_check_name(s, where, it.key, err);
        if (code)
            return code;
        struct json *have = json_get_str(config->tree, it.key);
        if (json_is(it.value, JSON_OBJECT) && json_is(have, JSON_OBJECT))
            merge(have, it.value);
        else
            config_set(config, it.key.ptr, json_copy(it.value), where);
    }
    return 0;
}

/* {axis} stands for the cell's value, as names have it. */
static int fill_in(const struct sweep *s, const char *where, const struct sweep_cell *cell,
                   struct str pattern, struct buf *out, struct err *err)
{
    (void)s;
    while (pattern.ptr && pattern.len) {
        buf_str(out, str_cut(&pattern, '{'));
        if (!pattern.ptr)
            break;
        struct str name = str_cut(&pattern, '}');
        const struct json *value = json_get_str(cell->axes, name);
        if (!value)
            return err_set(err, EXIT_CONFIG, "%s: {%.*s} is no axis of the sweep", where,
                           (int)name.len, name.ptr);
        CLEANUP_BUF struct buf text = {0}, word = {0};
        sweep_value_text(&text, value);
        add_word(&word, buf_view(&text));
        buf_str(out, buf_view(&word));
    }
    return 0;
}

/* The file stands beside the sweep's. */
static int apply_file(const struct sweep *s, const char *where, const struct sweep_cell *cell,
                      struct config *config, const struct json *name, struct err *err)
{
    CLEANUP_BUF struct buf file = {0};
    struct config read;
    if (json_is(name, JSON_NULL))
        return 0;
    if (!json_str(name).len)
        return err_set(err, EXIT_CONFIG, "%s: config is the name of a configuration file", where);
    int code = fill_in(s, where, cell, json_str(name), &file, err);
    if (code)
        return code;
    CLEANUP_FREE char *folder = file_dir_name(s->file);
    CLEANUP_FREE char *path = file_join(folder, file.ptr);
    code = config_load(path, &read, err);
    if (code)
        return err_prefix(err, "%s", where);
    merge(config->tree, read.tree);
    config_clear(&read);
    return 0;
}

static int check_override(const struct sweep *s, const struct json *entry, struct err *err)
{
    static const char *const known[] = {"where", "set", "config", "retries", "time_limit"};
    const char *where = sweep_where(s, "overrides");
    for (struct json_iter it = json_members(entry); json_next(&it);) {
        bool found = false;
        for (size_t i = 0; i < COUNT(known); i++)
            found = found || str_is(it.key, known[i]);
        const char *near = nearest(it.key, known, COUNT(known));
        if (!found)
            return err_set(err, EXIT_CONFIG, "%s: an override has no '%s'%s%s%s", where, it.key.ptr,
                           near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    int64_t retries = json_int(json_get(entry, "retries"), 0);
    double limit = json_double(json_get(entry, "time_limit"), 0);
    if (retries < 0 || retries > 1000 || !(limit >= 0 && limit <= 1e8))
        return err_set(err, EXIT_CONFIG, "%s: retries and time_limit are numbers from 0", where);
    return axes_check_where(s, where, json_get(entry, "where"), err);
}

static int apply_overrides(const struct sweep *s, struct sweep_cell *cell, struct config *config,
                           struct err *err)
{
    const struct json *list = json_get(s->tree, "overrides");
    int code = 0;
    for (size_t i = 0; i < json_count(list) && !code; i++) {
        const struct json *entry = json_at(list, i);
        if (!axes_match(cell->axes, json_get(entry, "where")))
            continue;
        const char *where = sweep_where(s, "overrides");
        code = apply_file(s, where, cell, config, json_get(entry, "config"), err);
        if (!code)
            code = apply_set(s, where, config, json_get(entry, "set"), err);
        cell->retries = json_int(json_get(entry, "retries"), cell->retries);
        cell->time_limit = json_double(json_get(entry, "time_limit"), cell->time_limit);
    }
    return code;
}

static const char *const axis_keys[][2] = {{"task", "task.plugin"},
                                           {"method", "method.plugin"},
                                           {"agent", "agent_preset"},
                                           {"seed", "cycle.seed"}};

static void apply_axes(const struct sweep *s, const struct sweep_cell *cell, struct config *config)
{
    for (struct json_iter it = json_members(cell->axes); json_next(&it);) {
        const char *key = it.key.ptr;
        for (size_t i = 0; i < COUNT(axis_keys); i++) {
            if (str_is(it.key, axis_keys[i][0]))
                key = axis_keys[i][1];
        }
        config_set(config, key, json_copy(it.value), sweep_where(s, "axes"));
    }
}

/* A preset in agents/ beside the sweep's file goes first, as one beside a configuration does. */
static void find_preset(const struct sweep *s, struct json *tree, const char *key)
{
    struct str name = json_str(json_get(tree, key));
    size_t at;
    if (!name.len || str_find(name, STR("/"), &at))
        return;
    CLEANUP_FREE char *folder = file_dir_name(s->file);
    CLEANUP_FREE char *path = mem_printf("%s/agents/%s.yaml", folder, name.ptr);
    CLEANUP_FREE char *whole = file_exists(path) ? realpath(path, NULL) : NULL;
    if (whole)
        json_set(tree, key, json_new_str(str_of(whole)));
}

static const char *keep_text(struct sweep *s, const struct json *tree, const char *dotted)
{
    struct str text = json_str(json_path(tree, dotted));
    return arena_dup(&s->arena, text.ptr ? text.ptr : "", text.len);
}

static int configure(struct sweep *s, struct sweep_cell *cell, struct err *err)
{
    struct config config = {.tree = json_new_object(), .file = mem_dup(s->file, strlen(s->file))};
    struct run_config read;
    cell->retries = s->retries;
    cell->time_limit = s->time_limit;
    int code =
        apply_file(s, sweep_where(s, "config"), cell, &config, json_get(s->tree, "config"), err);
    if (!code)
        code = apply_set(s, sweep_where(s, "set"), &config, json_get(s->tree, "set"), err);
    if (!code)
        code = apply_overrides(s, cell, &config, err);
    if (!code) {
        apply_axes(s, cell, &config);
        find_preset(s, config.tree, "agent_preset");
        find_preset(s, config.tree, "writer_agent");
        find_preset(s, config.tree, "judge_agent");
        if (s->prices && !json_get(config.tree, "prices"))
            json_set(config.tree, "prices", json_new_str(str_of(s->prices)));
        code = config_read(&config, &read, err);
        if (code && s->count > 1)
            err_prefix(err, "cell %s", cell->name);
    }
    if (!code) {
        cell->config = config.tree;
        config.tree = NULL;
        cell->task = keep_text(s, cell->config, "task.plugin");
        cell->method = keep_text(s, cell->config, "method.plugin");
        cell->agent = keep_text(s, cell->config, "agent_preset");
    }
    config_clear(&config);
    return code;
}

static int check_whole(const struct sweep *s, const struct sweep_cell *cell, struct err *err)
{
    const char *lacks = !*cell->task ? "task" : !*cell->method ? "method" : NULL;
    if (!lacks && !*cell->agent && !json_get(cell->config, "agent"))
        lacks = "agent";
    if (!lacks)
        return 0;
    return err_set(err, EXIT_CONFIG, "%s: cell %s has no %s; make it an axis, as in %s: [%s]",
                   sweep_where(s, "axes"), cell->name, lacks, lacks,
                   strcmp(lacks, "agent") == 0  ? "rehearsal"
                   : strcmp(lacks, "task") == 0 ? "quickstart"
                                                : "grasp");
}

int plan_fill_cells(struct sweep *s, struct err *err)
{
    const struct json *overrides = json_get(s->tree, "overrides");
    struct map varying = {0};
    int code = 0;
    if (!json_is(overrides, JSON_NULL) && !json_is(overrides, JSON_ARRAY))
        return err_set(err, EXIT_CONFIG, "%s: overrides is a list of mappings",
                       sweep_where(s, "overrides"));
    for (size_t i = 0; i < json_count(overrides) && !code; i++)
        code = check_override(s, json_at(overrides, i), err);
    find_varying(s, &varying);
    for (size_t i = 0; i < s->count && !code; i++) {
        name_cell(s, i, &varying);
        code = configure(s, &s->cells[i], err);
        if (!code)
            code = check_whole(s, &s->cells[i], err);
    }
    map_clear(&varying);
    return code;
}

/* --- Baselines --- */

/* What of a configuration has to do with the agent alone. */
static struct json *without_method(const struct json *config)
{
    static const char *const kept[] = {"agent",
                                       "agent_preset",
                                       "agent_temperature",
                                       "compat",
                                       "concurrency",
                                       "content_filter",
                                       "context_limit",
                                       "data",
                                       "episode_timeout",
                                       "eval",
                                       "judge_agent",
                                       "prices",
                                       "rehearsal_noise",
                                       "task",
                                       "test"};
    static const char *const cycle_kept[] = {"seed", "run_baseline", "batch_concurrency"};
    struct json *out = json_new_object(), *cycle = json_new_object(), *method = json_new_object();
    for (size_t i = 0; i < COUNT(kept); i++) {
        if (json_get(config, kept[i]))
            json_set(out, kept[i], json_copy(json_get(config, kept[i])));
    }
    for (size_t i = 0; i < COUNT(cycle_kept); i++) {
        const struct json *value = json_get(json_get(config, "cycle"), cycle_kept[i]);
        if (value)
            json_set(cycle, cycle_kept[i], json_copy(value));
    }
    json_set(method, "plugin", json_new_str(STR("none")));
    json_set(out, "cycle", cycle);
    json_set(out, "method", method);
    return out;
}

static bool is_none(const struct sweep_cell *cell)
{
    CLEANUP_BUF struct buf word = {0};
    add_word(&word, str_of(cell->method));
    return str_is(buf_view(&word), "none");
}

/* Cells that have the agent, and so the baseline, in common. */
struct group {
    struct json *config;
    size_t source, first, members;
};

static bool takes_part(const struct sweep_cell *cell)
{
    return json_is(json_get(cell->config, "knowledge"), JSON_NULL) &&
           json_bool(json_path(cell->config, "cycle.run_baseline"), true);
}

/* The axes of the implied cell: those that its configuration depends on. */
static struct json *implied_axes(const struct json *axes, const struct json *config)
{
    struct json *out = json_new_object();
    for (struct json_iter it = json_members(axes); json_next(&it);) {
        bool is_short = false;
        for (size_t i = 0; i < COUNT(axis_keys); i++)
            is_short = is_short || str_is(it.key, axis_keys[i][0]);
        if (is_short || json_path(config, it.key.ptr))
            json_set_str(out, it.key, json_copy(it.value));
    }
    json_set(out, "method", json_new_str(STR("none")));
    return out;
}

static size_t add_implied(struct sweep *s, const struct group *group, const struct map *varying)
{
    const struct sweep_cell first = s->cells[group->first];
    MEM_RESERVE(s->cells, s->count, s->capacity);
    struct sweep_cell *cell = &s->cells[s->count];
    *cell = (struct sweep_cell){
        .axes = implied_axes(first.axes, group->config),
        .config = json_copy(group->config),
        .task = first.task,
        .method = "none",
        .agent = first.agent,
        .baseline = SWEEP_NO_CELL,
        .implied = true,
        .retries = first.retries,
        .time_limit = first.time_limit,
    };
    name_cell(s, s->count, varying);
    return s->count++;
}

/* Those that others take their baseline from go first; the order is the same otherwise. */
static void put_in_order(struct sweep *s)
{
    struct sweep_cell *cells = mem_array(s->count, sizeof(*cells));
    size_t *places = mem_array(s->count, sizeof(*places)), count = 0;
    for (int source = 1; source >= 0; source--) {
        for (size_t i = 0; i < s->count; i++) {
            if ((s->cells[i].baseline == i) != source)
                continue;
            places[i] = count;
            cells[count++] = s->cells[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        size_t from = cells[i].baseline;
        cells[i].baseline =
            from == SWEEP_NO_CELL || places[from] == i ? SWEEP_NO_CELL : places[from];
    }
    mem_free(places);
    mem_free(s->cells);
    s->cells = cells;
    s->capacity = count;
}

int plan_share_baselines(struct sweep *s, struct err *err)
{
    struct map by_config = {0}, varying = {0};
    size_t cells = s->count;
    struct group **of_cell = mem_array(cells, sizeof(*of_cell));
    (void)err;
    for (size_t i = 0; i < cells; i++) {
        if (!takes_part(&s->cells[i]))
            continue;
        CLEANUP_BUF struct buf key = {0};
        struct json *config = without_method(s->cells[i].config);
        json_write(&key, config, JSON_SORTED | JSON_COMPACT);
        struct group *group = map_get(&by_config, buf_view(&key));
        if (!group) {
            group = mem_alloc(sizeof(*group));
            *group =
                (struct group){.config = json_ref(config), .source = SWEEP_NO_CELL, .first = i};
            map_set(&by_config, buf_view(&key), group);
        }
        json_free(config);
        if (is_none(&s->cells[i]) && group->source == SWEEP_NO_CELL)
            group->source = i;
        group->members++;
        of_cell[i] = group;
    }
    find_varying(s, &varying);
    for (size_t i = 0; i < by_config.count; i++) {
        struct group *group = by_config.entries[i].value;
        if (group->members > 1 && group->source == SWEEP_NO_CELL)
            group->source = add_implied(s, group, &varying);
        if (group->members > 1)
            s->cells[group->source].baseline = group->source;
    }
    for (size_t i = 0; i < cells; i++) {
        if (of_cell[i] && of_cell[i]->members > 1)
            s->cells[i].baseline = of_cell[i]->source;
    }
    put_in_order(s);
    for (size_t i = 0; i < by_config.count; i++) {
        struct group *group = by_config.entries[i].value;
        json_free(group->config);
        mem_free(group);
    }
    map_clear(&by_config);
    map_clear(&varying);
    mem_free(of_cell);
    return 0;
}
