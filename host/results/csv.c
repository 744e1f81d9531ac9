/* SPDX-License-Identifier: MIT */
#include "results/csv.h"

static bool ends_field(char c)
{
    return c == ',' || c == '\r' || c == '\n';
}

/* The rest of a quoted field, after its first quote. */
static struct str quoted(struct csv *csv)
{
    CLEANUP_BUF struct buf text = {0};
    while (csv->rest.len) {
        char c = *csv->rest.ptr;
        csv->rest = (struct str){csv->rest.ptr + 1, csv->rest.len - 1};
        if (c == '"') {
            if (!csv->rest.len || *csv->rest.ptr != '"')
                break;
            csv->rest = (struct str){csv->rest.ptr + 1, csv->rest.len - 1};
        }
        csv->next_line += c == '\n';
        buf_char(&text, c);
    }
    return (struct str){arena_dup(&csv->arena, text.ptr ? text.ptr : "", text.len), text.len};
}

static struct str plain(struct csv *csv)
{
    size_t len = 0;
    while (len < csv->rest.len && !ends_field(csv->rest.ptr[len]))
        len++;
    struct str field = {csv->rest.ptr, len};
    csv->rest = (struct str){csv->rest.ptr + len, csv->rest.len - len};
    return field;
}

static struct str take_field(struct csv *csv)
{
    if (!csv->rest.len || *csv->rest.ptr != '"')
        return plain(csv);
    csv->rest = (struct str){csv->rest.ptr + 1, csv->rest.len - 1};
    struct str field = quoted(csv);
    plain(csv); /* what follows the closing quote is no part of the field */
    return field;
}

static bool take_char(struct csv *csv, char c)
{
    if (!csv->rest.len || *csv->rest.ptr != c)
        return false;
    csv->rest = (struct str){csv->rest.ptr + 1, csv->rest.len - 1};
    return true;
}

static bool take_row(struct csv *csv, struct str *fields)
{
    arena_clear(&csv->arena);
    while (csv->rest.len) {
        csv->count = 0;
        csv->line = csv->next_line;
        do {
            struct str field = take_field(csv);
            if (csv->count < CSV_MAX_COLUMNS)
                fields[csv->count++] = field;
        } while (take_char(csv, ','));
        while (take_char(csv, '\r'))
            ;
        csv->next_line += take_char(csv, '\n');
        if (csv->count > 1 || fields[0].len)
            return true;
    }
    return false;
}

int csv_open(struct csv *csv, const char *path, struct str text, struct err *err)
{
    *csv = (struct csv){.path = path, .rest = text, .next_line = 1};
    if (!str_valid_utf8(text))
        return err_set(err, EXIT_CONFIG, "%s: is no UTF-8 text", path);
    if (!take_row(csv, csv->names))
        return err_set(err, EXIT_CONFIG, "%s:1: has no header line", path);
    csv->columns = csv->count;
    for (size_t i = 0; i < csv->columns; i++) { /* a quoted name would go with its row */
        struct str name = csv->names[i];
        if (name.ptr < text.ptr || name.ptr > text.ptr + text.len)
            return err_set(err, EXIT_CONFIG, "%s:1: a column name is in quotes", path);
    }
    return 0;
}

bool csv_next(struct csv *csv)
{
    return take_row(csv, csv->fields);
}

int csv_column(const struct csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->columns; i++) {
        if (str_is(csv->names[i], name))
            return (int)i;
    }
    return -1;
}

struct str csv_field(const struct csv *csv, int column)
{
    if (column < 0 || (size_t)column >= csv->count)
        return (struct str){"", 0};
    return csv->fields[column];
}

void csv_close(struct csv *csv)
{
    arena_clear(&csv->arena);
    csv->rest = (struct str){0};
}

void csv_write(struct buf *out, struct str field)
{
    bool quote = false;
    for (size_t i = 0; i < field.len; i++)
        quote = quote || field.ptr[i] == '"' || ends_field(field.ptr[i]);
    if (!quote) {
        buf_str(out, field);
        return;
    }
    buf_char(out, '"');
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] == '"')
            buf_char(out, '"');
        buf_char(out, field.ptr[i]);
    }
    buf_char(out, '"');
}
