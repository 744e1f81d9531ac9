/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "results/csv.h"
#include "results/tables.h"

const char *const table_formats[] = {"text", "markdown", "csv", "latex", "json", NULL};

static void cell_text(struct buf *out, const struct cell *cell, const char *plus_minus)
{
    if (cell->text)
        buf_text(out, cell->text);
    else if (!cell->n)
        buf_text(out, "--");
    else if (cell->n == 1)
        buf_printf(out, "%.1f", cell->mean);
    else
        buf_printf(out, "%.1f%s%.1f", cell->mean, plus_minus, cell->sd);
    if (cell->marked)
        buf_char(out, '!');
}

/* Columns on a terminal; names here are ASCII but for the sign. */
static size_t width(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void pad(struct buf *out, const char *text, size_t to, bool right)
{
    size_t have = width(text), blanks = have < to ? to - have : 0;
    if (!right)
        buf_escaped(out, str_of(text));
    for (size_t i = 0; i < blanks; i++)
        buf_char(out, ' ');
    if (right)
        buf_text(out, text);
}

static size_t label_width(const struct table *table)
{
    size_t most = width(table->row_name);
    for (size_t i = 0; i < table->row_count; i++) {
        size_t n = width(table->rows[i].label);
        most = n > most ? n : most;
    }
    return most + 2;
}

static size_t column_width(const struct table *table, size_t at)
{
    size_t most = width(table->columns[at].name);
    for (size_t i = 0; i < table->row_count; i++) {
        CLEANUP_BUF struct buf text = {0};
        cell_text(&text, &table->rows[i].cells[at], "±");
        most = width(text.ptr) > most ? width(text.ptr) : most;
    }
    return most + 2;
}

static bool new_group(const struct table *table, size_t at)
{
    return at == 0 || strcmp(table->columns[at].group, table->columns[at - 1].group) != 0;
}

static void group_line(struct buf *out, const struct table *table, size_t labels,
                       const size_t *widths)
{
    bool any = false;
    for (size_t i = 0; i < table->column_count; i++)
        any = any || *table->columns[i].group;
    if (!any)
        return;
    CLEANUP_BUF struct buf line = {0};
    pad(&line, "", labels, false);
    for (size_t i = 0; i < table->column_count;) {
        size_t span = widths[i], first = i;
        for (i++; i < table->column_count && !new_group(table, i); i++)
            span += widths[i];
        buf_text(&line, "  ");
        pad(&line, table->columns[first].group, span - 2, false);
    }
    while (line.len && line.ptr[line.len - 1] == ' ')
        line.len--;
    buf_str(out, buf_view(&line));
    buf_char(out, '\n');
}

static void text_table(struct buf *out, const struct table *table)
{
    size_t labels = label_width(table), *widths = mem_array(table->column_count, sizeof(*widths));
    for (size_t i = 0; i < table->column_count; i++)
        widths[i] = column_width(table, i);
    buf_printf(out, "Table %s: %s\n\n", table->id, table->title);
    group_line(out, table, labels, widths);
    pad(out, table->row_name, labels, false);
    for (size_t i = 0; i < table->column_count; i++)
        pad(out, table->columns[i].name, widths[i], true);
    buf_char(out, '\n');
    for (size_t i = 0; i < table->row_count; i++) {
        const struct table_row *row = &table->rows[i];
        if (*row->group && (i == 0 || strcmp(row->group, row[-1].group) != 0)) {
            buf_char(out, '\n');
            buf_escaped(out, str_of(row->group));
            buf_char(out, '\n');
        }
        pad(out, row->label, labels, false);
        for (size_t k = 0; k < table->column_count; k++) {
            CLEANUP_BUF struct buf text = {0};
            cell_text(&text, &row->cells[k], "±");
            pad(out, text.ptr, widths[k], true);
        }
        buf_char(out, '\n');
    }
    mem_free(widths);
}

static void markdown_text(struct buf *out, const char *text)
{
    CLEANUP_BUF struct buf shown = {0};
    buf_escaped(&shown, str_of(text));
    for (size_t i = 0; i < shown.len; i++) {
        if (strchr("|*_`<", shown.ptr[i]))
            buf_char(out, '\\');
        buf_char(out, shown.ptr[i]);
    }
}

static void markdown_table(struct buf *out, const struct table *table)
{
    bool groups = *table->group_name;
    buf_printf(out, "**Table %s.** %s\n\n|", table->id, table->title);
    if (groups)
        buf_printf(out, " %s |", table->group_name);
    buf_printf(out, " %s |", table->row_name);
    for (size_t i = 0; i < table->column_count; i++) {
        buf_char(out, ' ');
        markdown_text(out, table->columns[i].group);
        buf_text(out, *table->columns[i].group ? " " : "");
        markdown_text(out, table->columns[i].name);
        buf_text(out, " |");
    }
    buf_printf(out, "\n|%s---|", groups ? "---|" : "");
    for (size_t i = 0; i < table->column_count; i++)
        buf_text(out, "---:|");
    for (size_t i = 0; i < table->row_count; i++) {
        const struct table_row *row = &table->rows[i];
        buf_text(out, "\n| ");
        markdown_text(out, groups ? row->group : row->label);
        if (groups) {
            buf_text(out, " | ");
            markdown_text(out, row->label);
        }
        for (size_t k = 0; k < table->column_count; k++) {
            buf_text(out, " | ");
            cell_text(out, &row->cells[k], "±");
        }
        buf_text(out, " |");
    }
    buf_char(out, '\n');
}

static void latex_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("&%$#_{}", *text))
            buf_printf(out, "\\%c", *text);
        else if (*text == '\\' || *text == '^' || *text == '~')
            buf_printf(out, "\\char%d{}", *text);
        else
            buf_char(out, *text);
    }
}

static void latex_row(struct buf *out, const struct table *table, const struct table_row *row)
{
    latex_text(out, row->label);
    for (size_t k = 0; k < table->column_count; k++) {
        buf_text(out, " & ");
        if (row->cells[k].n || row->cells[k].text)
            cell_text(out, &row->cells[k], "$\\pm$");
        else
            buf_text(out, row->cells[k].marked ? "--!" : "--");
    }
    buf_text(out, " \\\\\n");
}

static void latex_table(struct buf *out, const struct table *table)
{
    buf_printf(out, "%% Table %s: %s (needs booktabs)\n\\begin{tabular}{l", table->id,
               table->title);
    for (size_t i = 0; i < table->column_count; i++)
        buf_char(out, 'r');
    buf_text(out, "}\n\\toprule\n");
    latex_text(out, table->row_name);
    for (size_t i = 0; i < table->column_count; i++) {
        buf_text(out, " & ");
        latex_text(out, table->columns[i].group);
        buf_text(out, *table->columns[i].group ? " " : "");
        latex_text(out, table->columns[i].name);
    }
    buf_text(out, " \\\\\n");
    for (size_t i = 0; i < table->row_count; i++) {
        const struct table_row *row = &table->rows[i];
        if (i == 0 || strcmp(row->group, row[-1].group) != 0)
            buf_text(out, "\\midrule\n");
        if (*row->group && (i == 0 || strcmp(row->group, row[-1].group) != 0)) {
            buf_printf(out, "\\multicolumn{%zu}{l}{", table->column_count + 1);
            latex_text(out, row->group);
            buf_text(out, "} \\\\\n");
        }
        latex_row(out, table, row);
    }
    buf_text(out, "\\bottomrule\n\\end{tabular}\n");
}

static void csv_table(struct buf *out, const struct table *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t k = 0; k < table->column_count; k++) {
            const struct table_row *row = &table->rows[i];
            const struct cell *cell = &row->cells[k];
            const char *const keys[] = {table->id, row->group, row->label, table->columns[k].group,
                                        table->columns[k].name};
            for (size_t j = 0; j < 5; j++) {
                csv_write(out, str_of(keys[j]));
                buf_char(out, ',');
            }
            buf_printf(out, "%zu,", cell->n);
            if (cell->n)
                json_write_double(out, cell->mean);
            buf_char(out, ',');
            if (cell->n > 1)
                json_write_double(out, cell->sd);
            buf_printf(out, ",%d\n", cell->marked);
        }
    }
}

static struct json *cell_json(const struct table *table, const struct table_row *row, size_t k)
{
    const struct cell *cell = &row->cells[k];
    struct json *out = json_new_object();
    json_set(out, "group", json_new_str(str_of(row->group)));
    json_set(out, "row", json_new_str(str_of(row->label)));
    json_set(out, "benchmark", json_new_str(str_of(table->columns[k].group)));
    json_set(out, "column", json_new_str(str_of(table->columns[k].name)));
    json_set(out, "n", json_new_int((int64_t)cell->n));
    json_set(out, "mean", cell->n ? json_new_double(cell->mean) : NULL);
    json_set(out, "sd", cell->n > 1 ? json_new_double(cell->sd) : NULL);
    json_set(out, "marked", json_new_bool(cell->marked));
    return out;
}

static struct json *problems_json(const struct facts *facts)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < facts->problem_count; i++) {
        const struct problem *p = &facts->problems[i];
        struct json *item = json_new_object();
        json_set(item, "file", json_new_str(str_of(p->file)));
        json_set(item, "line", p->line ? json_new_int(p->line) : NULL);
        json_set(item, "text", json_new_str(str_of(p->text)));
        json_set(item, "damaged", json_new_bool(!p->is_note));
        json_push(out, item);
    }
    return out;
}

static void json_tables(struct buf *out, const struct tables *tables, const struct facts *facts)
{
    CLEANUP_JSON struct json *root = json_new_object();
    struct json *list = json_new_array(), *notes = json_new_array();
    for (size_t i = 0; i < tables->count; i++) {
        const struct table *table = &tables->items[i];
        struct json *item = json_new_object(), *cells = json_new_array();
        json_set(item, "table", json_new_str(str_of(table->id)));
        json_set(item, "title", json_new_str(str_of(table->title)));
        for (size_t r = 0; r < table->row_count; r++) {
            for (size_t k = 0; k < table->column_count; k++)
                json_push(cells, cell_json(table, &table->rows[r], k));
        }
        json_set(item, "cells", cells);
        json_push(list, item);
    }
    for (size_t i = 0; i < tables->note_count; i++)
        json_push(notes, json_new_str(str_of(tables->notes[i])));
    json_set(root, "unit", json_new_str(STR("percent")));
    json_set(root, "tables", list);
    json_set(root, "notes", notes);
    json_set(root, "problems", problems_json(facts));
    json_write(out, root, JSON_INDENT2);
    buf_char(out, '\n');
}

void tables_write(struct buf *out, const struct tables *tables, const struct facts *facts,
                  enum table_format format)
{
    static void (*const writers[])(struct buf *, const struct table *) = {
        text_table, markdown_table, csv_table, latex_table};
    if (format == TABLE_JSON) {
        json_tables(out, tables, facts);
        return;
    }
    if (format == TABLE_CSV)
        buf_text(out, "table,group,row,benchmark,column,n,mean,sd,marked\n");
    for (size_t i = 0; i < tables->count; i++) {
        if (i > 0 && format != TABLE_CSV)
            buf_char(out, '\n');
        writers[format](out, &tables->items[i]);
    }
}
