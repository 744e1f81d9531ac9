/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/file.h"
#include "base/nearest.h"
#include "cli/cli.h"
#include "results/tables.h"
#include "sweep/grid.h"

static const char usage[] =
    "usage: grasp-host tables [N...] [DIR...] [OPTIONS]\n\n"
    "The paper's tables, from the released figures: 1 to 5, sensitivity, cross-writer\n"
    "(default: all). A DIR with run directories of your own adds rows marked (own) to tables\n"
    "1 and 5; a DIR in the layout of the released results/, or with scores.csv, takes the\n"
    "place of the built-in figures. Mean and sample standard deviation over runs, in percent;\n"
    "Val* is the best epoch. A '!' marks a cell with a note.\n"
    "The folder of a sweep alone gives the table of its grid: scores over seeds with intervals,\n"
    "calls, tokens and cost; what is missing is marked, and the exit code is 3.\n\n"
    "  grasp-host tables 1 --model gpt-oss-120b\n"
    "  grasp-host tables 4 sensitivity --format markdown\n"
    "  grasp-host tables --format csv\n"
    "  grasp-host tables runs/grid --format latex\n";

struct options {
    const char *model, *format;
    bool only, verbose, help;
};

static bool is_table(const char *name)
{
    for (size_t i = 0; table_ids[i]; i++) {
        if (strcmp(table_ids[i], name) == 0)
            return true;
    }
    return false;
}

static int read_dir(struct facts *facts, const char *dir, struct err *err)
{
    switch (facts_kind(dir)) {
    case FACTS_CSV:
        return facts_read_csv(facts, dir, err);
    case FACTS_LAYOUT:
        return facts_read_layout(facts, dir, err);
    case FACTS_OWN:
        return facts_read_own(facts, dir, err);
    case FACTS_NONE:
        break;
    }
    const char *near = nearest(str_of(dir), table_ids, 7);
    if (near)
        return err_set(err, EXIT_USAGE, "%s: no such table or folder; did you mean %s?", dir, near);
    return err_set(err, EXIT_USAGE,
                   "%s: no such folder, and no table (1 to 5, sensitivity, cross-writer)", dir);
}

static int read_released(struct facts *facts, struct err *err)
{
    CLEANUP_FREE char *dir = facts_find_released();
    if (!dir)
        return err_set(err, EXIT_CONFIG,
                       "cannot find the released figures (scores.csv); set GRASP_RESULTS to the "
                       "source tree's results/");
    return facts_read_csv(facts, dir, err);
}

static int read_all(struct facts *facts, const struct arg_list *rest, bool only, struct err *err)
{
    bool released = only;
    int code = 0;
    for (size_t i = 0; i < rest->count; i++) {
        enum facts_kind kind = is_table(rest->items[i]) ? FACTS_NONE : facts_kind(rest->items[i]);
        released = released || kind == FACTS_CSV || kind == FACTS_LAYOUT;
    }
    if (!released)
        code = read_released(facts, err);
    for (size_t i = 0; i < rest->count && !code; i++) {
        if (!is_table(rest->items[i]))
            code = read_dir(facts, rest->items[i], err);
    }
    return code;
}

static void make(struct tables *tables, const struct facts *facts, const struct arg_list *rest,
                 const char *model)
{
    bool all = true;
    for (size_t i = 0; i < rest->count; i++)
        all = all && !is_table(rest->items[i]);
    for (size_t i = 0; table_ids[i]; i++) {
        bool wanted = all;
        for (size_t k = 0; k < rest->count; k++)
            wanted = wanted || strcmp(rest->items[k], table_ids[i]) == 0;
        if (wanted)
            tables_add(tables, facts, table_ids[i], model);
    }
}

/* The tables with "No skills" rows over all training runs. */
static bool pools_runs(const struct tables *tables)
{
    for (size_t i = 0; i < tables->count; i++) {
        if (strchr("123", tables->items[i].id[0]))
            return true;
    }
    return false;
}

static int check_model(const struct tables *tables, const char *model, struct err *err)
{
    for (size_t i = 0; i < tables->count; i++) {
        if (!model || tables->items[i].row_count)
            return 0;
    }
    return err_set(err, EXIT_USAGE,
                   "no figures of a model '%s'; the paper has gpt-oss-120b, deepseek-v4-flash, "
                   "gemini-3.1-flash-lite, gpt-4.1, gpt-5.4-low",
                   model);
}

static void show_problem(const struct problem *p)
{
    if (p->line)
        log_line(LOG_WARNING, "%s:%u: %s", p->file, p->line, p->text);
    else
        log_line(LOG_WARNING, "%s: %s", p->file, p->text);
}

/* To standard error, so that the table can be used as it is. What is damaged is always said. */
static int show_notes(const struct tables *tables, const struct facts *facts, bool verbose)
{
    size_t general = 0, notes = tables->note_count;
    int code = 0;
    for (size_t i = 0; i < facts->problem_count; i++) {
        const struct problem *p = &facts->problems[i];
        general += !p->of_run && !p->is_note;
        notes += p->is_note;
        code = p->is_note ? code : EXIT_MISSING;
        if (verbose || !p->is_note)
            show_problem(p);
    }
    for (size_t i = 0; i < tables->note_count && verbose; i++)
        log_line(LOG_WARNING, "%s", tables->notes[i]);
    for (size_t i = 0, seen = 0; i < facts->count && !seen; i++) {
        seen = facts->runs[i]->rehearsal;
        if (seen)
            log_line(LOG_WARNING, "there are figures of the built-in rehearsal model, which say "
                                  "nothing about a real one");
    }
    if (general)
        log_line(LOG_WARNING, "%zu of these may concern any row of the tables", general);
    if (notes && !verbose)
        log_line(LOG_WARNING, "%zu notes on runs left out and sizes that differ: --verbose", notes);
    return code;
}

static int format_of(const char *name, enum table_format *out, struct err *err)
{
    for (size_t i = 0; table_formats[i]; i++) {
        if (strcmp(table_formats[i], name) == 0) {
            *out = (enum table_format)i;
            return 0;
        }
    }
    return err_set(err, EXIT_USAGE, "--format %s: is one of text, markdown, csv, latex, json%s",
                   name, strcmp(name, "junit") == 0 ? "; junit is for sweeps" : "");
}

/* Missing runs are marked in the table; the exit code tells a program. */
static int tables_of_sweep(const struct options *options, const char *dir, struct err *err)
{
    struct grid grid;
    CLEANUP_BUF struct buf text = {0};
    enum grid_format format = GRID_TEXT;
    bool found = !options->format;
    for (size_t i = 0; grid_formats[i] && !found; i++) {
        found = strcmp(grid_formats[i], options->format) == 0;
        format = (enum grid_format)i;
    }
    if (!found)
        return err_set(err, EXIT_USAGE,
                       "--format %s: is one of text, markdown, csv, latex, json, junit",
                       options->format);
    if (options->model)
        return err_set(err, EXIT_USAGE, "--model is for the paper's tables, not for a sweep");
    int code = grid_read(dir, &grid, err);
    if (code)
        return code;
    for (size_t i = 0; i < grid.facts.problem_count; i++)
        show_problem(&grid.facts.problems[i]);
    grid_write(&text, &grid, format);
    code = cli_print(buf_view(&text));
    if (!code && (grid_missing(&grid) || grid.facts.problem_count))
        code = EXIT_MISSING;
    grid_clear(&grid);
    return code;
}

static int tables(const struct options *options, const struct arg_list *rest, struct err *err)
{
    struct facts facts = {0};
    struct tables made = {0};
    CLEANUP_BUF struct buf text = {0};
    enum table_format format = TABLE_TEXT;
    if (rest->count == 1 && sweep_folder_is(rest->items[0]))
        return tables_of_sweep(options, rest->items[0], err);
    int code = options->format ? format_of(options->format, &format, err) : 0;
    if (!code)
        code = read_all(&facts, rest, options->only, err);
    if (!code) {
        make(&made, &facts, rest, options->model);
        if (pools_runs(&made))
            facts_note_stopped(&facts);
        code = check_model(&made, options->model, err);
    }
    if (!code) {
        tables_write(&text, &made, &facts, format);
        int notes = show_notes(&made, &facts, options->verbose);
        code = cli_print(buf_view(&text));
        code = code ? code : notes;
    }
    tables_clear(&made);
    facts_clear(&facts);
    return code;
}

int cmd_tables(int argc, char **argv)
{
    struct options options = {0};
    struct arg_list rest = {0};
    struct err err = {0};
    const struct arg args[] = {
        {"model", 'm', "NAME", "only this model's rows: gpt-oss-120b", .text = &options.model},
        {"format", 0, "FORMAT", "text (default), markdown, csv, latex, json; of a sweep also junit",
         .text = &options.format},
        {"only", 0, NULL, "without the released figures", .flag = &options.only},
        {"verbose", 'v', NULL, "list every note with its file and line", .flag = &options.verbose},
        {"help", 'h', NULL, "this text", .flag = &options.help},
        {0},
    };
    int code = args_parse(args, argc, argv, &rest, &err);
    if (!code && options.help)
        code = cli_help(usage, args);
    else if (!code)
        code = tables(&options, &rest, &err);
    if (code && err.code)
        cli_fail(&err);
    arg_list_clear(&rest);
    return code;
}
