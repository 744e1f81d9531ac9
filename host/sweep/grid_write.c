/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/csv.h"
#include "stats/sample.h"
#include "stats/stats.h"
#include "sweep/grid.h"

const char *const grid_formats[] = {"text", "markdown", "csv", "latex", "json", "junit", NULL};

enum column { COLUMN_VAL, COLUMN_TEST, COLUMN_OOD, COLUMNS };
static const char *const column_names[COLUMNS] = {"Val*", "Test", "OOD"};
static const enum measure measures[COLUMNS] = {MEASURE_VAL_BASE, MEASURE_TEST_BASE,
                                               MEASURE_OOD_BASE};

/* Where a figure stands. */
struct at {
    size_t agent, row, task;
};

struct figure {
    size_t n, expected;
    double mean, sd, low, high; /* percent; sd and interval over seeds, n > 1 */
};

static bool is_at(const struct grid_run *run, const struct at *at)
{
    return run->agent == at->agent && run->row == at->row && run->task == at->task;
}

/* After learning where there is a score of that; a method that kept nothing has that of before. */
static const struct tally *tally_of(const struct grid *g, const struct grid_run *run,
                                    enum column column)
{
    if (!run->facts)
        return NULL;
    const struct tally *base = &run->facts->tallies[measures[column]];
    const struct tally *best = &run->facts->tallies[measures[column] + 1];
    if (best->total && !g->is_none[run->row])
        return best;
    return base->total ? base : NULL;
}

static struct figure figure_of(const struct grid *g, const struct at *at, enum column column)
{
    struct figure f = {0};
    struct sample sample = {0};
    for (size_t i = 0; i < g->count; i++) {
        if (!is_at(&g->runs[i], at))
            continue;
        const struct tally *tally = tally_of(g, &g->runs[i], column);
        f.expected++;
        if (tally)
            sample_add(&sample, 100 * (double)tally->correct / (double)tally->total);
    }
    f.n = sample.n;
    f.mean = sample_mean(&sample);
    f.sd = sample_sd(&sample);
    if (f.n > 1) {
        double p;
        struct interval interval = seed_clustered(sample.items, sample.n, &p);
        f.low = fmax(interval.low, 0);
        f.high = fmin(interval.high, 100);
    }
    sample_clear(&sample);
    return f;
}

/* Does any run have such a score? */
static bool has_column(const struct grid *g, size_t task, enum column column)
{
    bool any = false;
    for (size_t i = 0; i < g->count; i++) {
        if (g->runs[i].task != task || !g->runs[i].facts)
            continue;
        any = any || tally_of(g, &g->runs[i], column);
    }
    return any || column == COLUMN_VAL;
}

/* --- Use --- */

struct use {
    double calls, prompt, completion, cost; /* sums over runs */
    size_t runs;
    bool priced;
};

static void add_row(struct use *use, const struct json *row)
{
    const struct json *cost = json_get(row, "cost");
    use->calls += json_double(json_get(row, "calls"), 0);
    use->prompt += json_double(json_get(row, "prompt_tokens"), 0);
    use->completion += json_double(json_get(row, "completion_tokens"), 0);
    use->cost += json_double(cost, 0);
    use->priced = use->priced && !json_is(cost, JSON_NULL);
}

static struct use use_of(const struct grid *g, const struct at *at)
{
    struct use use = {.priced = true};
    for (size_t i = 0; i < g->count; i++) {
        const struct grid_run *run = &g->runs[i];
        if (!is_at(run, at) || !run->ledger)
            continue;
        use.runs++;
        for (struct json_iter phase = json_members(run->ledger); json_next(&phase);) {
            if (str_is(phase.key, "timing"))
                continue;
            for (struct json_iter role = json_members(phase.value); json_next(&role);)
                add_row(&use, role.value);
        }
    }
    return use;
}

static bool any_at(const struct grid *g, const struct at *at)
{
    for (size_t i = 0; i < g->count; i++) {
        if (is_at(&g->runs[i], at))
            return true;
    }
    return false;
}

static bool any_in_row(const struct grid *g, size_t agent, size_t row)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->runs[i].agent == agent && g->runs[i].row == row)
            return true;
    }
    return false;
}

/* --- Tables for people --- */

static const char *figure_text(struct tables *t, const struct figure *f, bool latex)
{
    CLEANUP_BUF struct buf text = {0};
    if (!f->n)
        buf_text(&text, f->expected ? "missing" : "--");
    else if (f->n == 1)
        buf_printf(&text, "%.1f", f->mean);
    else
        buf_printf(&text, "%.1f%s%.1f", f->mean, latex ? "$\\pm$" : "±", f->sd);
    if (f->n && f->n < f->expected)
        buf_printf(&text, " (%zu of %zu)", f->n, f->expected);
    return arena_dup(&t->arena, text.ptr, text.len);
}

static const char *interval_text(struct tables *t, const struct figure *f)
{
    return f->n > 1 ? arena_printf(&t->arena, "[%.1f, %.1f]", f->low, f->high) : "--";
}

static const char *use_text(struct tables *t, const struct use *use, int which)
{
    double runs = (double)use->runs;
    if (!use->runs || (which == 3 && !use->priced))
        return "--";
    const double sums[] = {use->calls, use->prompt, use->completion};
    return which == 3 ? arena_printf(&t->arena, "$%.4f", use->cost / runs)
                      : arena_printf(&t->arena, "%.0f", sums[which] / runs);
}

/* One row for each that the grid has, its cells filled by `fill`. */
static void add_rows(struct tables *t, struct table *table, const struct grid *g,
                     void (*fill)(struct tables *t, struct table_row *row, const struct grid *g,
                                  size_t agent, size_t at, bool latex),
                     bool latex)
{
    for (size_t agent = 0; agent < g->agent_count; agent++) {
        for (size_t row = 0; row < g->row_count; row++) {
            if (!any_in_row(g, agent, row))
                continue;
            fill(t, table_row(t, table, g->agents[agent], g->rows[row]), g, agent, row, latex);
        }
    }
}

static void fill_scores(struct tables *t, struct table_row *row, const struct grid *g, size_t agent,
                        size_t at, bool latex)
{
    size_t k = 0;
    for (size_t task = 0; task < g->task_count; task++) {
        for (int column = 0; column < COLUMNS; column++) {
            if (!has_column(g, task, (enum column)column))
                continue;
            struct figure f = figure_of(g, &(struct at){agent, at, task}, (enum column)column);
            row->cells[k++].text = figure_text(t, &f, latex);
        }
    }
}

static void fill_intervals(struct tables *t, struct table_row *row, const struct grid *g,
                           size_t agent, size_t at, bool latex)
{
    size_t k = 0;
    (void)latex;
    for (size_t task = 0; task < g->task_count; task++) {
        for (int column = 0; column < COLUMNS; column++) {
            if (!has_column(g, task, (enum column)column))
                continue;
            struct figure f = figure_of(g, &(struct at){agent, at, task}, (enum column)column);
            row->cells[k++].text = interval_text(t, &f);
        }
    }
}

static void fill_use(struct tables *t, struct table_row *row, const struct grid *g, size_t agent,
                     size_t at, bool latex)
{
    (void)latex;
    for (size_t task = 0; task < g->task_count; task++) {
        struct use use = use_of(g, &(struct at){agent, at, task});
        for (int which = 0; which < 4; which++)
            row->cells[4 * task + (size_t)which].text = use_text(t, &use, which);
    }
}

static void score_columns(struct table *table, const struct grid *g)
{
    for (size_t task = 0; task < g->task_count; task++) {
        for (int column = 0; column < COLUMNS; column++) {
            if (has_column(g, task, (enum column)column))
                table_column(table, g->tasks[task], column_names[column]);
        }
    }
}

static bool has_intervals(const struct grid *g)
{
    for (size_t i = 0; i < g->agent_count * g->row_count * g->task_count; i++) {
        struct at at = {i / g->task_count / g->row_count, i / g->task_count % g->row_count,
                        i % g->task_count};
        if (figure_of(g, &at, COLUMN_VAL).n > 1)
            return true;
    }
    return false;
}

static void make_tables(struct tables *t, const struct grid *g, bool latex)
{
    static const char *const names[] = {"calls", "tokens in", "tokens out", "cost"};
    struct table *table = tables_begin(
        t, "scores", "percent right, mean and standard deviation over seeds", "agent", "method");
    score_columns(table, g);
    add_rows(t, table, g, fill_scores, latex);
    if (has_intervals(g)) {
        table =
            tables_begin(t, "intervals", "95 % interval of the mean over seeds", "agent", "method");
        score_columns(table, g);
        add_rows(t, table, g, fill_intervals, latex);
    }
    table = tables_begin(t, "use", "of a run, its baseline included, mean over seeds", "agent",
                         "method");
    for (size_t task = 0; task < g->task_count; task++) {
        for (int which = 0; which < 4; which++)
            table_column(table, g->tasks[task], names[which]);
    }
    add_rows(t, table, g, fill_use, latex);
}

/* What a reader must know, as lines behind `prefix`. */
static void add_notes(struct buf *out, const struct grid *g, const char *prefix)
{
    size_t missing = grid_missing(g);
    bool rehearsal = false;
    for (size_t i = 0; i < g->count; i++)
        rehearsal = rehearsal || g->runs[i].rehearsal;
    if (!missing && !rehearsal)
        return;
    buf_char(out, '\n');
    for (size_t i = 0; i < g->count && missing; i++) {
        if (!g->runs[i].facts)
            buf_printf(out, "%smissing: %s (%s)\n", prefix, g->runs[i].name, g->runs[i].state);
    }
    if (rehearsal)
        buf_printf(out,
                   "%sFigures of the built-in rehearsal model show that the machinery works and "
                   "say nothing about a real one.\n",
                   prefix);
}

static void write_tables(struct buf *out, struct grid *g, enum grid_format format)
{
    static const enum table_format formats[] = {
        [GRID_TEXT] = TABLE_TEXT, [GRID_MARKDOWN] = TABLE_MARKDOWN, [GRID_LATEX] = TABLE_LATEX};
    struct tables tables = {0};
    make_tables(&tables, g, format == GRID_LATEX);
    tables_write(out, &tables, &g->facts, formats[format]);
    add_notes(out, g, format == GRID_LATEX ? "% " : "");
    tables_clear(&tables);
}

/* --- Tables for programs --- */

static void csv_number(struct buf *out, double value, bool known)
{
    buf_char(out, ',');
    if (known)
        json_write_double(out, value);
}

static void csv_cell(struct buf *out, const struct grid *g, const struct at *at, enum column column)
{
    struct figure f = figure_of(g, at, column);
    struct use use = use_of(g, at);
    double runs = use.runs ? (double)use.runs : 1;
    const char *const keys[] = {g->agents[at->agent], g->rows[at->row], g->tasks[at->task],
                                column_names[column]};
    for (size_t i = 0; i < 4; i++) {
        csv_write(out, str_of(keys[i]));
        buf_char(out, ',');
    }
    buf_printf(out, "%zu,%zu", f.n, f.expected);
    csv_number(out, f.mean, f.n > 0);
    csv_number(out, f.sd, f.n > 1);
    csv_number(out, f.low, f.n > 1);
    csv_number(out, f.high, f.n > 1);
    csv_number(out, use.calls / runs, use.runs);
    csv_number(out, use.prompt / runs, use.runs);
    csv_number(out, use.completion / runs, use.runs);
    csv_number(out, use.cost / runs, use.runs && use.priced);
    buf_char(out, '\n');
}

static struct json *number(double value, bool known)
{
    return known ? json_new_double(value) : NULL;
}

static struct json *cell_json(const struct grid *g, const struct at *at, enum column column)
{
    struct figure f = figure_of(g, at, column);
    struct use use = use_of(g, at);
    double runs = use.runs ? (double)use.runs : 1;
    struct json *out = json_new_object();
    json_set(out, "agent", json_new_str(str_of(g->agents[at->agent])));
    json_set(out, "row", json_new_str(str_of(g->rows[at->row])));
    json_set(out, "task", json_new_str(str_of(g->tasks[at->task])));
    json_set(out, "column", json_new_str(str_of(column_names[column])));
    json_set(out, "n", json_new_int((int64_t)f.n));
    json_set(out, "expected", json_new_int((int64_t)f.expected));
    json_set(out, "mean", number(f.mean, f.n > 0));
    json_set(out, "sd", number(f.sd, f.n > 1));
    json_set(out, "low", number(f.low, f.n > 1));
    json_set(out, "high", number(f.high, f.n > 1));
    json_set(out, "calls", number(use.calls / runs, use.runs));
    json_set(out, "prompt_tokens", number(use.prompt / runs, use.runs));
    json_set(out, "completion_tokens", number(use.completion / runs, use.runs));
    json_set(out, "cost", number(use.cost / runs, use.runs && use.priced));
    return out;
}

/* Either as CSV into out or as JSON into list. */
static void each_cell(const struct grid *g, struct buf *out, struct json *list)
{
    for (size_t agent = 0; agent < g->agent_count; agent++) {
        for (size_t i = 0; i < g->row_count * g->task_count * COLUMNS; i++) {
            struct at at = {agent, i / COLUMNS / g->task_count, i / COLUMNS % g->task_count};
            enum column column = (enum column)(i % COLUMNS);
            if (!any_at(g, &at) || !has_column(g, at.task, column))
                continue;
            if (out)
                csv_cell(out, g, &at, column);
            else
                json_push(list, cell_json(g, &at, column));
        }
    }
}

static void write_csv(struct buf *out, const struct grid *g)
{
    buf_text(out, "agent,row,task,column,n,expected,mean,sd,low,high,calls,prompt_tokens,"
                  "completion_tokens,cost\n");
    each_cell(g, out, NULL);
}

static struct json *run_json(const struct grid *g, const struct grid_run *run)
{
    struct json *out = json_new_object(), *scores = json_new_object();
    json_set(out, "name", json_new_str(str_of(run->name)));
    json_set(out, "agent", json_new_str(str_of(g->agents[run->agent])));
    json_set(out, "row", json_new_str(str_of(g->rows[run->row])));
    json_set(out, "task", json_new_str(str_of(g->tasks[run->task])));
    json_set(out, "seed", json_new_int(run->seed));
    json_set(out, "complete", json_new_bool(run->facts != NULL));
    if (!run->facts)
        json_set(out, "state", json_new_str(str_of(run->state)));
    for (int column = 0; column < COLUMNS; column++) {
        const struct tally *tally = tally_of(g, run, (enum column)column);
        if (tally)
            json_set(scores, column_names[column],
                     json_new_double(100 * (double)tally->correct / (double)tally->total));
    }
    json_set(out, "scores", scores);
    return out;
}

static void write_json(struct buf *out, const struct grid *g)
{
    CLEANUP_JSON struct json *root = json_new_object();
    struct json *cells = json_new_array(), *runs = json_new_array();
    each_cell(g, NULL, cells);
    for (size_t i = 0; i < g->count; i++)
        json_push(runs, run_json(g, &g->runs[i]));
    json_set(root, "unit", json_new_str(STR("percent")));
    json_set(root, "missing", json_new_int((int64_t)grid_missing(g)));
    json_set(root, "cells", cells);
    json_set(root, "runs", runs);
    json_write(out, root, JSON_INDENT2);
    buf_char(out, '\n');
}

/* --- JUnit: a suite per task, a test per run --- */

static void xml_text(struct buf *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '<')
            buf_text(out, "&lt;");
        else if (*c == '>')
            buf_text(out, "&gt;");
        else if (*c == '&')
            buf_text(out, "&amp;");
        else if (*c == '"')
            buf_text(out, "&quot;");
        else
            buf_char(out, *c < 0x20 || *c == 0x7f ? ' ' : (char)*c);
    }
}

/* Samples that could not be run are a failure, a run that broke is an error. */
static const char *verdict_of(const struct grid_run *run)
{
    if (run->facts)
        return NULL;
    if (strcmp(run->state, "missing") == 0)
        return "failure";
    return strcmp(run->state, "waiting") == 0 || strcmp(run->state, "running") == 0 ? "skipped"
                                                                                    : "error";
}

static void junit_run(struct buf *out, const struct grid *g, const struct grid_run *run)
{
    const char *verdict = verdict_of(run);
    buf_text(out, "    <testcase classname=\"");
    xml_text(out, g->tasks[run->task]);
    buf_text(out, "\" name=\"");
    xml_text(out, run->name);
    buf_text(out, "\">");
    if (verdict) {
        buf_printf(out, "<%s message=\"", verdict);
        xml_text(out, run->state);
        buf_text(out, "\"/>");
    } else {
        buf_text(out, "<system-out>");
        for (int column = 0; column < COLUMNS; column++) {
            const struct tally *tally = tally_of(g, run, (enum column)column);
            if (tally)
                buf_printf(out, "%s %lld of %lld; ", column_names[column],
                           (long long)tally->correct, (long long)tally->total);
        }
        buf_text(out, "</system-out>");
    }
    buf_text(out, "</testcase>\n");
}

static size_t junit_count(const struct grid *g, size_t task, const char *verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < g->count; i++) {
        const char *have = verdict_of(&g->runs[i]);
        if (g->runs[i].task == task)
            count += !verdict || (have && strcmp(have, verdict) == 0);
    }
    return count;
}

static void write_junit(struct buf *out, const struct grid *g)
{
    buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (size_t task = 0; task < g->task_count; task++) {
        buf_text(out, "  <testsuite name=\"");
        xml_text(out, g->tasks[task]);
        buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
                   junit_count(g, task, NULL), junit_count(g, task, "failure"),
                   junit_count(g, task, "error"), junit_count(g, task, "skipped"));
        for (size_t i = 0; i < g->count; i++) {
            if (g->runs[i].task == task)
                junit_run(out, g, &g->runs[i]);
        }
        buf_text(out, "  </testsuite>\n");
    }
    buf_text(out, "</testsuites>\n");
}

void grid_write(struct buf *out, struct grid *g, enum grid_format format)
{
    switch (format) {
    case GRID_CSV:
        write_csv(out, g);
        break;
    case GRID_JSON:
        write_json(out, g);
        break;
    case GRID_JUNIT:
        write_junit(out, g);
        break;
    case GRID_TEXT:
    case GRID_MARKDOWN:
    case GRID_LATEX:
        write_tables(out, g, format);
        break;
    }
}
