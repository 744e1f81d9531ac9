/* SPDX-License-Identifier: MIT */
#include "sweep/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/map.h"
#include "base/yaml.h"
#include "sweep/process.h"

#define CHECK_S 120
#define ESTIMATE_S 900

/* A folder for the configurations that are tried. */
struct bench {
    char *dir, *config, *out;
};

static void bench_close(struct bench *b)
{
    if (b->dir)
        file_remove_tree(b->dir, NULL);
    mem_free(b->dir);
    mem_free(b->config);
    mem_free(b->out);
}

static int bench_open(struct bench *b, struct err *err)
{
    const char *base = getenv("TMPDIR");
    b->dir = mem_printf("%s/grasp-sweep-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(b->dir)) {
        int code = err_system(err, errno, "make a folder", b->dir);
        mem_free(b->dir);
        b->dir = NULL;
        return code;
    }
    b->config = file_join(b->dir, "config.yaml");
    b->out = file_join(b->dir, "run");
    return 0;
}

/* The cell's configuration, where a run of it is checked or estimated. */
static int put(const struct bench *b, const struct sweep_cell *cell, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    yaml_write(&text, cell->config);
    return file_write_atomic(b->config, buf_view(&text), err);
}

/* What the program said, without its own name, and with the sweep's file in place of ours. */
static void add_words(struct buf *out, const struct sweep *s, const struct bench *b,
                      const struct buf *said)
{
    struct str rest = str_trim(buf_view(said));
    bool first = true;
    while (rest.len) {
        struct str line = str_cut(&rest, '\n');
        size_t at;
        if (str_starts(line, "grasp-host: "))
            line = (struct str){line.ptr + 12, line.len - 12};
        if (!first)
            buf_char(out, '\n');
        first = false;
        if (str_find(line, str_of(b->config), &at)) {
            /* The line number is that of a file that nobody has. */
            size_t end = at + strlen(b->config);
            while (end < line.len &&
                   (line.ptr[end] == ':' || (line.ptr[end] >= '0' && line.ptr[end] <= '9')))
                end++;
            buf_add(out, line.ptr, at);
            buf_printf(out, "%s:", s->file);
            line = (struct str){line.ptr + end, line.len - end};
        }
        buf_str(out, line);
    }
}

static int check_cell(const struct sweep *s, const struct bench *b, const struct sweep_cell *cell,
                      struct err *err)
{
    CLEANUP_BUF struct buf out = {0}, said = {0}, words = {0};
    const char *argv[] = {"run", "--dry-run", "--config", b->config, "--out", b->out,
                          NULL,  NULL,        NULL,       NULL,      NULL};
    CLEANUP_FREE char *cost = mem_printf("%.17g", s->max_cost);
    size_t count = 6;
    if (s->max_cost >= 0) {
        argv[count++] = "--max-cost";
        argv[count++] = cost;
    }
    if (s->max_tokens >= 0) {
        argv[count++] = "--max-tokens";
        argv[count++] = "1";
    }
    int code = put(b, cell, err);
    if (code)
        return code;
    code = sweep_process_run(argv, CHECK_S, &out, &said);
    if (code == 0)
        return 0;
    if (code < 0)
        return err_set(err, EXIT_PLUGIN,
                       "cell %s: checking it took longer than %d s: does a "
                       "plugin hang?",
                       cell->name, CHECK_S);
    add_words(&words, s, b, &said);
    if (code > 128)
        return err_set(err, EXIT_PLUGIN,
                       "cell %s: checking it ended the program with signal %d (a plugin has "
                       "crashed); grasp-host check PLUGIN.so tells more\n%s",
                       cell->name, code - 128, words.ptr ? words.ptr : "");
    return err_set(err, code, "cell %s: %s", cell->name, words.len ? words.ptr : "cannot be run");
}

/* Configurations that differ in the seed alone pass the same checks. */
static bool is_known(struct map *seen, const struct sweep_cell *cell)
{
    CLEANUP_BUF struct buf key = {0};
    CLEANUP_JSON struct json *config = json_copy(cell->config);
    if (json_is(json_path(config, "cycle.seed"), JSON_INT))
        json_remove(json_get(config, "cycle"), "seed");
    json_write(&key, config, JSON_SORTED | JSON_COMPACT);
    if (map_has(seen, buf_view(&key)))
        return true;
    map_set(seen, buf_view(&key), NULL);
    return false;
}

int sweep_check(const struct sweep *sweep, const bool *selected, struct err *err)
{
    struct bench bench = {0};
    struct map seen = {0};
    int code = bench_open(&bench, err);
    for (size_t i = 0; i < sweep->count && !code; i++) {
        if (selected[i] && !is_known(&seen, &sweep->cells[i]))
            code = check_cell(sweep, &bench, &sweep->cells[i], err);
    }
    map_clear(&seen);
    bench_close(&bench);
    return code;
}

/* --- Estimates --- */

static int estimate_cell(const struct sweep *s, const struct bench *b,
                         const struct sweep_cell *cell, struct json **out, struct err *err)
{
    CLEANUP_BUF struct buf said = {0}, text = {0}, words = {0};
    const char *argv[] = {"run",     "--estimate", "--json", "--config",
                          b->config, "--out",      b->out,   NULL};
    int code = put(b, cell, err);
    if (code)
        return code;
    code = sweep_process_run(argv, ESTIMATE_S, &text, &said);
    *out = code == 0 ? json_parse(str_trim(buf_view(&text)), NULL) : NULL;
    if (*out)
        return 0;
    add_words(&words, s, b, &said);
    return err_set(err, code > 0 && code < 128 ? code : EXIT_PLUGIN, "cell %s: %s", cell->name,
                   words.len ? words.ptr : "cannot be estimated");
}

struct sum {
    int64_t calls, prompt, completion;
    double cost;
    bool unknown;
};

static const struct json *number(const struct json *row, const char *key)
{
    return json_get(row, key);
}

static void sum_add(struct sum *sum, const struct json *row, int sign)
{
    const struct json *cost = number(row, "cost");
    sum->calls += sign * json_int(number(row, "calls"), 0);
    sum->prompt += sign * json_int(number(row, "prompt_tokens"), 0);
    sum->completion += sign * json_int(number(row, "completion_tokens"), 0);
    sum->cost += sign * json_double(cost, 0);
    sum->unknown = sum->unknown || json_is(cost, JSON_NULL);
}

static struct json *sum_json(const char *name, const struct sum *sum, bool measured)
{
    struct json *out = json_new_object();
    if (name)
        json_set(out, "name", json_new_str(str_of(name)));
    json_set(out, "calls", json_new_int(sum->calls));
    json_set(out, "prompt_tokens", json_new_int(sum->prompt));
    json_set(out, "completion_tokens", json_new_int(sum->completion));
    json_set(out, "cost", sum->unknown ? NULL : json_new_double(sum->cost));
    json_set(out, "measured", json_new_bool(measured));
    return out;
}

/* Less what the cell takes from its baseline: all that the baseline's own run uses. */
static void add_row(const struct sweep *s, struct json *const *estimates, size_t i,
                    struct json *rows, struct sum *total)
{
    size_t baseline = s->cells[i].baseline;
    struct sum sum = {0};
    const struct json *estimate = estimates[i];
    sum_add(&sum, json_get(estimate, "total"), 1);
    if (baseline != SWEEP_NO_CELL && estimates[baseline])
        sum_add(&sum, json_get(estimates[baseline], "total"), -1);
    total->calls += sum.calls;
    total->prompt += sum.prompt;
    total->completion += sum.completion;
    total->cost += sum.cost;
    total->unknown = total->unknown || sum.unknown;
    json_push(rows,
              sum_json(s->cells[i].name, &sum, json_bool(json_get(estimate, "measured"), false)));
}

int sweep_estimate(const struct sweep *sweep, const bool *selected, struct json **out,
                   struct err *err)
{
    struct bench bench = {0};
    struct sum total = {0};
    struct json **estimates = mem_array(sweep->count, sizeof(struct json *));
    struct json *result = json_new_object(), *rows = json_new_array();
    int code = bench_open(&bench, err);
    for (size_t i = 0; i < sweep->count && !code; i++) {
        if (selected[i])
            code = estimate_cell(sweep, &bench, &sweep->cells[i], &estimates[i], err);
        if (selected[i] && !code)
            add_row(sweep, estimates, i, rows, &total);
    }
    bench_close(&bench);
    for (size_t i = 0; i < sweep->count; i++)
        json_free(estimates[i]);
    mem_free(estimates);
    json_set(result, "cells", rows);
    json_set(result, "total", sum_json(NULL, &total, true));
    if (code)
        json_free(result);
    else
        *out = result;
    return code;
}
