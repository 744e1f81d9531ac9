/* SPDX-License-Identifier: MIT */
#include "common/tag_table.h"

#include <ctype.h>
#include <grasp/helpers.h>
#include <string.h>
#include <strings.h>

#include "common/slice.h"

int tag_find(const struct tag_table *table, grasp_str name)
{
    for (int tag = 0; tag < table->count; tag++) {
        if (grasp_equal(name, table->tags[tag].name))
            return tag;
    }
    return -1;
}

void tags_write(struct text *out, const struct tag_table *table, uint64_t set)
{
    const char *separator = "[\"";
    for (int tag = 0; tag < table->count; tag++) {
        if (set & TAG_BIT(tag)) {
            text_put(out, separator);
            text_put(out, table->tags[tag].name);
            separator = "\", \"";
        }
    }
    text_put(out, set ? "\"]" : "[]");
}

void tags_write_meanings(struct text *out, const struct tag_table *table, uint64_t set)
{
    const char *separator = "";
    text_char(out, '{');
    for (int tag = 0; tag < table->count; tag++) {
        if (set & TAG_BIT(tag)) {
            text_put(out, separator);
            text_json(out, grasp_cstr(table->tags[tag].name));
            text_put(out, ": ");
            text_json(out, grasp_cstr(table->tags[tag].description));
            separator = ", ";
        }
    }
    text_char(out, '}');
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Does "always" stand before the word at `at`, apart from blanks and quotes? The letter before it
 * may belong to an escape of a JSON string. */
static bool is_demanded(grasp_str text, size_t at)
{
    static const char always[] = "always", between[] = " \t`'\"*\\";
    size_t len = sizeof(always) - 1;
    while (at > 0 && memchr(between, text.ptr[at - 1], sizeof(between) - 1))
        at--;
    if (at < len || strncasecmp(text.ptr + at - len, always, len) != 0)
        return false;
    at -= len;
    return at == 0 || !is_word(text.ptr[at - 1]) || (at > 1 && text.ptr[at - 2] == '\\');
}

static void take_word(const struct tag_table *table, grasp_str text, size_t start, size_t end,
                      struct tag_mentions *out)
{
    int tag = tag_find(table, slice_cut(text, start, end));
    if (tag < 0 && start > 0 && text.ptr[start - 1] == '\\') {
        start++; /* in a JSON string, the letter belongs to an escape */
        tag = tag_find(table, slice_cut(text, start, end));
    }
    if (tag < 0)
        return;
    out->named |= TAG_BIT(tag);
    if (is_demanded(text, start))
        out->demanded |= TAG_BIT(tag);
}

/* Every tag has an underscore, and hardly any other word has: only those words are looked at. */
void tags_mentioned(const struct tag_table *table, grasp_str text, struct tag_mentions *out)
{
    const char *found;
    for (size_t at = 0; at < text.len && (found = memchr(text.ptr + at, '_', text.len - at));) {
        size_t start = (size_t)(found - text.ptr), end = start;
        while (start > at && is_word(text.ptr[start - 1]))
            start--;
        while (end < text.len && is_word(text.ptr[end]))
            end++;
        take_word(table, text, start, end, out);
        at = end;
    }
}
