/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "sweep/check.h"
#include "sweep/slurm.h"
#include "sweep/status.h"

static const char usage[] =
    "usage: grasp-host sweep FILE.yaml [OPTIONS]\n\n"
    "Runs a grid: every combination of the axes that the file gives (task, method, agent, seed,\n"
    "any setting of a run), each cell in a process of its own. Run it again to go on: cells that\n"
    "are done are left alone, others go on where they were. An example that needs no model:\n\n"
    "  axes: {task: [quickstart], method: [none, grasp, memory], agent: [rehearsal], seed: [1, "
    "2]}\n"
    "\n"
    "  grasp-host sweep grid.yaml --out runs/grid\n"
    "  grasp-host sweep grid.yaml --out runs/grid --status\n"
    "  grasp-host tables runs/grid\n\n"
    "Exit codes: 0 all cells done, 3 done with samples missing or cells failed, 4 budget reached,\n"
    "69 and 77 endpoint or key at fault, 75 cells left to go on with, 130 and 143 stopped by a\n"
    "signal; go on with the same command. docs/sweeps.md describes the file.\n";

struct options {
    const char *out, *parallel, *shard, *cell, *executor;
    struct arg_list only, skip;
    bool dry_run, status, resume, retry_failed, json, quiet, help;
};

struct grid {
    struct sweep sweep;
    struct sweep_folder folder;
    bool *selected;
    char *path;
    struct sweep_local local;
    bool slurm;
};

/* runs/NAME for a file NAME.yaml. */
static char *default_path(const char *file)
{
    const char *base = strrchr(file, '/');
    base = base ? base + 1 : file;
    const char *dot = strrchr(base, '.');
    return mem_printf("runs/%.*s", dot && dot != base ? (int)(dot - base) : (int)strlen(base),
                      base);
}

static int check_patterns(const struct sweep *s, const char *option, const struct arg_list *list,
                          struct err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        bool any = false;
        for (size_t k = 0; k < s->count && !any; k++)
            any = sweep_matches(&s->cells[k], &list->items[i], 1);
        if (!any)
            return err_set(err, EXIT_USAGE,
                           "--%s '%s': matches none of %zu cells, the first of which is '%s'; "
                           "--dry-run lists them all",
                           option, list->items[i], s->count, s->cells[0].name);
    }
    return 0;
}

static int select_cells(struct grid *g, const struct options *o, struct err *err)
{
    const struct sweep *s = &g->sweep;
    int code = check_patterns(s, "only", &o->only, err);
    if (!code)
        code = check_patterns(s, "skip", &o->skip, err);
    if (code)
        return code;
    g->selected = mem_array(s->count, sizeof(*g->selected));
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        bool wanted =
            o->only.count ? sweep_matches(&s->cells[i], o->only.items, o->only.count) : true;
        g->selected[i] = wanted && !sweep_matches(&s->cells[i], o->skip.items, o->skip.count);
        count += g->selected[i];
    }
    return count ? 0 : err_set(err, EXIT_USAGE, "--only and --skip leave no cell");
}

static int read_shard(const char *text, struct sweep_local *local, struct err *err)
{
    struct str rest = str_of(text), first = str_cut(&rest, '/');
    int64_t number, of;
    local->shards = 1;
    if (!text)
        return 0;
    if (!str_to_i64(first, &number) || !str_to_i64(rest, &of) || number < 1 || number > of ||
        of > 10000)
        return err_set(err, EXIT_USAGE, "--shard %s: needs I/N with I from 1 to N, as in 2/8",
                       text);
    local->shard = (size_t)number - 1;
    local->shards = (size_t)of;
    return 0;
}

static size_t processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 1 ? (size_t)n : 1;
}

static int read_local(struct grid *g, const struct options *o, struct err *err)
{
    int64_t parallel = (int64_t)(g->sweep.parallel ? g->sweep.parallel : processors());
    g->local = (struct sweep_local){
        .folder = &g->folder,
        .selected = g->selected,
        .only = SWEEP_NO_CELL,
        .retry_failed = o->retry_failed,
        .quiet = o->quiet,
    };
    int code = args_int("parallel", o->parallel, 1, 4096, &parallel, err);
    if (!code)
        code = read_shard(o->shard, &g->local, err);
    if (!code && o->cell && (o->shard || o->only.count || o->skip.count))
        code = err_set(err, EXIT_USAGE, "--cell goes with none of --shard, --only and --skip");
    if (!code && o->cell && (g->local.only = sweep_find(&g->sweep, o->cell, err)) == SWEEP_NO_CELL)
        code = EXIT_USAGE;
    g->local.parallel = o->cell ? 1 : (size_t)parallel;
    return code;
}

/* A cell runs where it is asked for: a task of the array is such a process. */
static int read_executor(struct grid *g, const struct options *o, struct err *err)
{
    g->slurm = g->sweep.executor == SWEEP_SLURM && !o->cell && !o->shard;
    if (o->executor && strcmp(o->executor, "slurm") != 0 && strcmp(o->executor, "local") != 0)
        return err_set(err, EXIT_USAGE, "--executor %s: is neither local nor slurm", o->executor);
    if (o->executor)
        g->slurm = strcmp(o->executor, "slurm") == 0;
    if (g->slurm && (o->cell || o->shard))
        return err_set(err, EXIT_USAGE, "--executor slurm goes with neither --cell nor --shard");
    if (g->slurm && o->parallel)
        return err_set(err, EXIT_USAGE,
                       "--parallel is for the executor local; for slurm say parallel in the file, "
                       "because every task divides the quotas by it");
    return slurm_check(&g->sweep, err);
}

static int print_json(const struct json *json)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, json, 0);
    buf_char(&text, '\n');
    return cli_print(buf_view(&text));
}

static void add_number(struct buf *out, const struct json *row, const char *key, int width)
{
    buf_printf(out, "  %*lld", width, (long long)json_int(json_get(row, key), 0));
}

static void add_estimate(struct buf *out, const char *name, const struct json *row, int width)
{
    const struct json *cost = json_get(row, "cost");
    buf_printf(out, "  %-*s", width, name);
    add_number(out, row, "calls", 9);
    add_number(out, row, "prompt_tokens", 12);
    add_number(out, row, "completion_tokens", 11);
    if (!json_is(cost, JSON_NULL))
        buf_printf(out, "  $%.4f", json_double(cost, 0));
    buf_char(out, '\n');
}

static int show_estimate(struct grid *g, bool as_json, struct err *err)
{
    struct json *made = NULL;
    CLEANUP_BUF struct buf text = {0};
    int code = sweep_estimate(&g->sweep, g->selected, &made, err), width = 5;
    CLEANUP_JSON struct json *estimate = made;
    if (code || as_json)
        return code ? code : print_json(estimate);
    const struct json *rows = json_get(estimate, "cells");
    for (size_t i = 0; i < json_count(rows); i++) {
        int len = (int)json_str(json_get(json_at(rows, i), "name")).len;
        width = len > width ? len : width;
    }
    buf_printf(&text, "  %-*s  %9s  %12s  %11s  cost\n", width, "cell", "calls", "tokens in",
               "tokens out");
    for (size_t i = 0; i < json_count(rows); i++)
        add_estimate(&text, json_str(json_get(json_at(rows, i), "name")).ptr, json_at(rows, i),
                     width);
    add_estimate(&text, "all", json_get(estimate, "total"), width);
    buf_printf(&text,
               "\n%zu cells. Estimated on the rehearsal model, which replies shortly: a real "
               "one writes more.\nA baseline that is shared counts once, with its own cell.\n",
               json_count(rows));
    return cli_print(buf_view(&text));
}

static int show_status(struct grid *g, bool as_json, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    if (!sweep_folder_is(g->path))
        return err_set(err, EXIT_USAGE, "%s: no sweep there yet (no sweep.json)", g->path);
    int code = sweep_folder_look(&g->sweep, g->path, &g->folder, err);
    if (code)
        return code;
    CLEANUP_JSON struct json *status = sweep_status(&g->folder);
    slurm_add_status(&g->folder, status);
    if (as_json)
        return print_json(status);
    sweep_status_text(&text, status);
    return cli_print(buf_view(&text));
}

static int exit_code(const struct sweep_outcome *o)
{
    if (o->signum)
        return 128 + o->signum;
    if (o->budget)
        return EXIT_BUDGET;
    if (o->unfinished && o->outside)
        return o->outside;
    if (o->unfinished)
        return EXIT_TEMPORARY;
    return o->failed || o->missing ? EXIT_MISSING : EXIT_DONE;
}

static int show_outcome(const struct grid *g, const struct options *o,
                        const struct sweep_outcome *out)
{
    CLEANUP_BUF struct buf text = {0};
    if (o->json) {
        CLEANUP_JSON struct json *json = json_new_object();
        json_set(json, "event", json_new_str(STR("done")));
        json_set(json, "dir", json_new_str(str_of(g->folder.path)));
        json_set(json, "done", json_new_int((int64_t)out->done));
        json_set(json, "missing", json_new_int((int64_t)out->missing));
        json_set(json, "failed", json_new_int((int64_t)out->failed));
        json_set(json, "unfinished", json_new_int((int64_t)out->unfinished));
        return print_json(json);
    }
    if (o->quiet)
        return 0;
    buf_printf(&text, "%zu cells done", out->done);
    if (out->missing)
        buf_printf(&text, ", %zu with samples missing", out->missing);
    if (out->failed)
        buf_printf(&text, ", %zu failed", out->failed);
    if (out->failed || out->missing)
        buf_text(&text, " (--retry-failed tries them again)");
    if (out->unfinished)
        buf_printf(&text, ", %zu to go on with (the same command)", out->unfinished);
    buf_printf(&text, "\nTables: grasp-host tables %s\n", g->path);
    return cli_print(buf_view(&text));
}

static int submit(struct grid *g, const struct options *o, struct err *err)
{
    struct slurm_job job;
    CLEANUP_BUF struct buf text = {0};
    int code = slurm_submit(&g->local, &job, err);
    CLEANUP_FREE char *id = job.id;
    if (code)
        return code;
    if (o->json) {
        CLEANUP_JSON struct json *json = json_new_object();
        json_set(json, "event", json_new_str(STR("submitted")));
        json_set(json, "dir", json_new_str(str_of(g->folder.path)));
        json_set(json, "job", id ? json_new_str(str_of(id)) : NULL);
        json_set(json, "cells", json_new_int((int64_t)job.cells));
        return print_json(json);
    }
    if (o->quiet)
        return 0;
    if (id)
        buf_printf(&text, "Array %s: %zu cells, a task each. --status shows how they are.\n", id,
                   job.cells);
    else
        buf_text(&text, "Nothing is left to do.\n");
    buf_printf(&text, "Tables: grasp-host tables %s\n", g->path);
    return cli_print(buf_view(&text));
}

static int run(struct grid *g, const struct options *o, struct err *err)
{
    struct sweep_outcome outcome;
    int code = 0;
    if (!sweep_folder_is(g->path))
        code = sweep_check(&g->sweep, g->selected, err);
    if (!code)
        code = sweep_folder_open(&g->sweep, g->path, &g->folder, err);
    if (!code && g->slurm)
        return submit(g, o, err);
    if (!code)
        code = sweep_run_local(&g->local, &outcome, err);
    if (code)
        return code;
    code = show_outcome(g, o, &outcome);
    return code ? code : exit_code(&outcome);
}

static int sweep(struct grid *g, const struct options *o, const struct arg_list *rest,
                 struct err *err)
{
    if (rest->count != 1)
        return err_set(err, EXIT_USAGE, "sweep takes one file; see grasp-host sweep --help");
    int code = sweep_read(rest->items[0], &g->sweep, err);
    if (code)
        return code;
    g->path = o->out ? mem_dup(o->out, strlen(o->out)) : default_path(rest->items[0]);
    code = select_cells(g, o, err);
    if (!code)
        code = read_local(g, o, err);
    if (!code)
        code = read_executor(g, o, err);
    if (code)
        return code;
    if (o->status)
        return show_status(g, o->json, err);
    if (o->dry_run)
        return show_estimate(g, o->json, err);
    return run(g, o, err);
}

int cmd_sweep(int argc, char **argv)
{
    struct options o = {0};
    struct grid grid = {0};
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"out", 'o', "DIR", "folder of the sweep (default: runs/NAME of FILE)", .text = &o.out},
        {"parallel", 'p', "N", "cells side by side (default: the file's, or processors)",
         .text = &o.parallel},
        {"only", 0, "PATTERN", "only cells whose name matches: '*_grasp_*'", .list = &o.only},
        {"skip", 0, "PATTERN", "not the cells whose name matches", .list = &o.skip},
        {"cell", 0, "NAME", "one cell, by its name or index (from 0)", .text = &o.cell},
        {"executor", 'e', "NAME", "local, or slurm: hand the cells in as a job array",
         .text = &o.executor},
        {"shard", 0, "I/N", "part I of N processes on one folder, on any machines",
         .text = &o.shard},
        {"status", 0, NULL, "show the state of every cell, run nothing", .flag = &o.status},
        {"resume", 'r', NULL, "go on with what is there (what it does anyway)", .flag = &o.resume},
        {"retry-failed", 0, NULL, "cells that failed, or lack samples, may try again",
         .flag = &o.retry_failed},
        {"dry-run", 0, NULL, "show cells, calls, tokens and cost, run nothing", .flag = &o.dry_run},
        {"json", 0, NULL, "the result as JSON on standard output", .flag = &o.json},
        {"quiet", 'q', NULL, "no progress and no summary", .flag = &o.quiet},
        {"help", 'h', NULL, "this text", .flag = &o.help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && o.help)
        code = cli_help(usage, args);
    else if (!code)
        code = sweep(&grid, &o, &rest, &err);
    if (code && err.code)
        cli_fail(&err);
    sweep_folder_close(&grid.folder);
    sweep_clear(&grid.sweep);
    mem_free(grid.selected);
    mem_free(grid.path);
    arg_list_clear(&rest);
    arg_list_clear(&o.only);
    arg_list_clear(&o.skip);
    return code;
}
