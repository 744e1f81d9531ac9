/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include <grasp/helpers.h>

#include "common/slice.h"
#include "common/text.h"

struct csv csv_start(grasp_str text)
{
    if (grasp_starts(text, "\xef\xbb\xbf"))
        text = slice_from(text, 3);
    return (struct csv){text, 1};
}

static char peek(const struct csv *csv, size_t at)
{
    return at < csv->rest.len ? csv->rest.ptr[at] : '\n';
}

/* The length of the line end at a place, 0 if there is none. */
static size_t end_at(const struct csv *csv, size_t at)
{
    if (peek(csv, at) == '\r' && at + 1 < csv->rest.len && peek(csv, at + 1) == '\n')
        return 2;
    return peek(csv, at) == '\n' || peek(csv, at) == '\r' ? 1 : 0;
}

static void advance(struct csv *csv, size_t len)
{
    csv->rest = slice_from(csv->rest, len < csv->rest.len ? len : csv->rest.len);
}

static grasp_str read_plain(struct csv *csv)
{
    size_t at = 0;
    while (at < csv->rest.len && peek(csv, at) != ',' && !end_at(csv, at))
        at++;
    grasp_str field = slice_cut(csv->rest, 0, at);
    advance(csv, at);
    return field;
}

/* The text between quotes, of which the first has been seen. */
static bool read_quoted(struct csv *csv, struct pool *pool, grasp_str *out, const char **out_fault)
{
    struct text field CLEANUP_TEXT = {.limit = csv->rest.len + 1};
    size_t at = 1, lines = 0;
    for (; at < csv->rest.len; at++) {
        char c = csv->rest.ptr[at];
        if (c == '"' && (at + 1 == csv->rest.len || csv->rest.ptr[at + 1] != '"'))
            break;
        at += c == '"';
        lines += c == '\n';
        text_char(&field, c);
    }
    if (at >= csv->rest.len) {
        *out_fault = "the quote that begins here is never closed";
        return false;
    }
    advance(csv, at + 1);
    csv->line += lines;
    if (csv->rest.len && peek(csv, 0) != ',' && !end_at(csv, 0)) {
        *out_fault = "after a field in quotes comes neither a comma nor the end of the line";
        return false;
    }
    *out = pool_dup(pool, text_view(&field));
    return true;
}

static bool read_field(struct csv *csv, struct pool *pool, grasp_str *out, const char **out_fault)
{
    if (csv->rest.len && peek(csv, 0) == '"')
        return read_quoted(csv, pool, out, out_fault);
    *out = read_plain(csv);
    return true;
}

static void skip_empty_lines(struct csv *csv)
{
    size_t end;
    while (csv->rest.len && (end = end_at(csv, 0)) > 0) {
        csv->line++;
        advance(csv, end);
    }
}

bool csv_record(struct csv *csv, struct pool *pool, struct strings *out, size_t *out_line,
                const char **out_fault)
{
    grasp_str field;
    *out_fault = NULL;
    *out = (struct strings){0};
    skip_empty_lines(csv);
    *out_line = csv->line;
    if (!csv->rest.len)
        return false;
    for (;;) {
        if (!read_field(csv, pool, &field, out_fault))
            return false;
        strings_add(pool, out, field);
        if (!csv->rest.len || peek(csv, 0) != ',')
            break;
        advance(csv, 1);
    }
    csv->line += csv->rest.len > 0;
    advance(csv, end_at(csv, 0));
    return true;
}
