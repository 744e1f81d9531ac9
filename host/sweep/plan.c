/* SPDX-License-Identifier: MIT */
#include "sweep/plan.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/nearest.h"
#include "base/yaml.h"
#include "sweep/plan_internal.h"

#define CLAIM_TIMEOUT_LEAST 5 /* a beat of claim.h, and what a busy machine is late */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const keys[] = {
    "axes",    "baseline", "cache",     "claim_timeout", "config",     "exclude",   "executor",
    "include", "limits",   "max_calls", "max_cost",      "max_tokens", "overrides", "parallel",
    "prices",  "retries",  "set",       "slurm",         "time_limit",
};

const char *sweep_where(const struct sweep *sweep, const char *dotted)
{
    static char text[512];
    int line = yaml_line(sweep->lines, dotted);
    snprintf(text, sizeof(text), "%s:%d", sweep->file, line ? line : 1);
    return text;
}

static int check_keys(const struct sweep *sweep, struct err *err)
{
    for (struct json_iter it = json_members(sweep->tree); json_next(&it);) {
        bool known = false;
        for (size_t i = 0; i < COUNT(keys); i++)
            known = known || str_is(it.key, keys[i]);
        if (known)
            continue;
        const char *near = nearest(it.key, keys, COUNT(keys));
        const char *where = sweep_where(sweep, it.key.ptr);
        if (near)
            return err_set(err, EXIT_CONFIG, "%s: unknown key '%s'; did you mean '%s'?", where,
                           it.key.ptr, near);
        return err_set(err, EXIT_CONFIG,
                       "%s: unknown key '%s'; settings of runs stand below set, axes or overrides",
                       where, it.key.ptr);
    }
    return 0;
}

static int read_int(const struct sweep *sweep, const char *key, int64_t most, int64_t *out,
                    struct err *err)
{
    const struct json *value = json_get(sweep->tree, key);
    int64_t number = json_int(value, -1);
    if (json_is(value, JSON_NULL))
        return 0;
    if (!json_is(value, JSON_INT) || number < 0 || number > most)
        return err_set(err, EXIT_CONFIG, "%s: %s must be a whole number from 0 to %lld",
                       sweep_where(sweep, key), key, (long long)most);
    *out = number;
    return 0;
}

static int read_number(const struct sweep *sweep, const char *key, double most, double *out,
                       struct err *err)
{
    const struct json *value = json_get(sweep->tree, key);
    double number = json_double(value, -1);
    if (json_is(value, JSON_NULL))
        return 0;
    if ((!json_is(value, JSON_INT) && !json_is(value, JSON_DOUBLE)) ||
        !(number >= 0 && number <= most))
        return err_set(err, EXIT_CONFIG, "%s: %s must be a number from 0 to %g",
                       sweep_where(sweep, key), key, most);
    *out = number;
    return 0;
}

static int read_bool(const struct sweep *sweep, const char *key, bool *out, struct err *err)
{
    const struct json *value = json_get(sweep->tree, key);
    if (json_is(value, JSON_NULL))
        return 0;
    if (!json_is(value, JSON_BOOL))
        return err_set(err, EXIT_CONFIG, "%s: %s must be true or false", sweep_where(sweep, key),
                       key);
    *out = json_bool(value, false);
    return 0;
}

/* One of two words; *out: is it the second? */
static int read_word(const struct sweep *sweep, const char *key, const char *first,
                     const char *second, bool *out, struct err *err)
{
    const struct json *value = json_get(sweep->tree, key);
    if (json_is(value, JSON_NULL))
        return 0;
    *out = str_is(json_str(value), second);
    if (!*out && !str_is(json_str(value), first))
        return err_set(err, EXIT_CONFIG, "%s: %s is '%s' or '%s'", sweep_where(sweep, key), key,
                       first, second);
    return 0;
}

static int read_numbers(struct sweep *s, struct err *err)
{
    int64_t parallel = 0;
    int code = read_int(s, "parallel", 4096, &parallel, err);
    if (!code)
        code = read_int(s, "retries", 1000, &s->retries, err);
    if (!code)
        code = read_int(s, "max_calls", INT64_C(1) << 53, &s->max_calls, err);
    if (!code)
        code = read_int(s, "max_tokens", INT64_C(1) << 53, &s->max_tokens, err);
    if (!code)
        code = read_number(s, "max_cost", 1e6, &s->max_cost, err);
    if (!code)
        code = read_number(s, "time_limit", 1e8, &s->time_limit, err);
    if (!code)
        code = read_number(s, "claim_timeout", 1e6, &s->claim_timeout, err);
    if (!code && s->claim_timeout < CLAIM_TIMEOUT_LEAST)
        code = err_set(err, EXIT_CONFIG,
                       "%s: claim_timeout must be %d seconds at least: owners give a sign of life "
                       "every few",
                       sweep_where(s, "claim_timeout"), CLAIM_TIMEOUT_LEAST);
    s->parallel = (size_t)parallel;
    return code;
}

static int read_settings(struct sweep *s, struct err *err)
{
    bool slurm = false, endpoint = false;
    int code = read_numbers(s, err);
    if (!code)
        code = read_bool(s, "cache", &s->cache, err);
    if (!code)
        code = read_word(s, "baseline", "own", "shared", &s->share_baseline, err);
    if (!code)
        code = read_word(s, "executor", "local", "slurm", &slurm, err);
    if (!code)
        code = read_word(s, "limits", "per_sweep", "endpoint", &endpoint, err);
    s->executor = slurm ? SWEEP_SLURM : SWEEP_LOCAL;
    s->limits_per_sweep = !endpoint;
    return code;
}

/* prices.yaml beside the file, as a run finds it beside its configuration. */
static int read_prices(struct sweep *s, struct err *err)
{
    const struct json *value = json_get(s->tree, "prices");
    if (!json_is(value, JSON_NULL) && !json_is(value, JSON_STRING))
        return err_set(err, EXIT_CONFIG, "%s: prices is the name of a file",
                       sweep_where(s, "prices"));
    CLEANUP_FREE char *folder = file_dir_name(s->file);
    CLEANUP_FREE char *path =
        file_join(folder, json_is(value, JSON_STRING) ? json_str(value).ptr : "prices.yaml");
    bool there = file_exists(path);
    if (json_is(value, JSON_STRING) && !there)
        return err_set(err, EXIT_CONFIG, "%s: there is no price file %s", sweep_where(s, "prices"),
                       path);
    s->prices = there ? arena_dup(&s->arena, path, strlen(path)) : NULL;
    return 0;
}

static int read_file(struct sweep *s, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    int code = file_read(s->file, FILE_MAX_CONFIG, &text, err);
    if (code)
        return err ? err->code = EXIT_CONFIG : code;
    s->tree = yaml_parse(buf_view(&text), s->file, &s->lines, err);
    if (!s->tree)
        return EXIT_CONFIG;
    if (!json_is(s->tree, JSON_OBJECT))
        return err_set(err, EXIT_CONFIG,
                       "%s:1: a sweep is a mapping with axes, as in\naxes: {task: [quickstart], "
                       "method: [none, grasp], agent: [rehearsal], seed: [1, 2]}",
                       s->file);
    return 0;
}

static int read_all(struct sweep *s, struct err *err)
{
    int code = read_file(s, err);
    if (!code)
        code = check_keys(s, err);
    if (!code)
        code = read_settings(s, err);
    if (!code)
        code = read_prices(s, err);
    if (!code)
        code = axes_expand(s, err);
    if (!code)
        code = plan_fill_cells(s, err);
    if (!code && s->share_baseline)
        code = plan_share_baselines(s, err);
    return code;
}

int sweep_read(const char *file, struct sweep *out, struct err *err)
{
    *out = (struct sweep){
        .file = mem_dup(file, strlen(file)),
        .claim_timeout = 60,
        .cache = true,
        .share_baseline = true,
        .max_calls = -1,
        .max_tokens = -1,
        .max_cost = -1,
    };
    int code = read_all(out, err);
    if (code)
        sweep_clear(out);
    return code;
}

void sweep_clear(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->count; i++) {
        json_free(sweep->cells[i].axes);
        json_free(sweep->cells[i].config);
    }
    map_clear(&sweep->names);
    mem_free(sweep->cells);
    mem_free(sweep->file);
    json_free(sweep->tree);
    yaml_lines_free(sweep->lines);
    arena_clear(&sweep->arena);
    *sweep = (struct sweep){0};
}

size_t sweep_find(const struct sweep *sweep, const char *name, struct err *err)
{
    int64_t index;
    for (size_t i = 0; i < sweep->count; i++) {
        if (strcmp(sweep->cells[i].name, name) == 0)
            return i;
    }
    if (str_to_i64(str_of(name), &index) && index >= 0 && (uint64_t)index < sweep->count)
        return (size_t)index;
    const char **names = mem_array(sweep->count + 1, sizeof(*names));
    for (size_t i = 0; i < sweep->count; i++)
        names[i] = sweep->cells[i].name;
    const char *near = nearest(str_of(name), names, sweep->count);
    mem_free(names);
    if (near)
        err_set(err, EXIT_USAGE, "%s: no cell '%s'; did you mean '%s'?", sweep->file, name, near);
    else
        err_set(err, EXIT_USAGE,
                "%s: no cell '%s'; --dry-run lists all %zu, which are 0 to %zu and the first of "
                "which is '%s'",
                sweep->file, name, sweep->count, sweep->count - 1, sweep->cells[0].name);
    return SWEEP_NO_CELL;
}

bool sweep_matches(const struct sweep_cell *cell, const char *const *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fnmatch(patterns[i], cell->name, 0) == 0)
            return true;
    }
    return false;
}
