/* SPDX-License-Identifier: MIT */
/* Notes, as the reference reads them from replies and from its file. */
#include "common/lines.h"
#include "common/put.h"
#include "common/slice.h"
#include "common/tokens.h"
#include "memory.h"

#define DEPTH_MAX 8
#define OPENING "when asked"

static bool read_at(grasp_call *call, struct pool *pool, grasp_str raw, int depth, grasp_str *out);

static bool value_at(grasp_call *call, struct pool *pool, const grasp_json_value *value, int depth,
                     grasp_str *out)
{
    return read_at(call, pool, value_text(call, value), depth, out);
}

/* The last usable one. */
static bool read_array(grasp_call *call, struct pool *pool, const grasp_json_value *array,
                       int depth, grasp_str *out)
{
    const grasp_json *json = grasp_json_of(call);
    for (uint64_t i = json->count(array); i-- > 0;) {
        if (value_at(call, pool, json->at(array, i), depth + 1, out))
            return true;
    }
    return false;
}

/* The lines that count, joined by blanks from the last one that opens a note on. */
static bool read_lines(grasp_str text, struct text *out)
{
    grasp_str line;
    bool opened = false;
    while (line_of_notes(&text, &line)) {
        if (line_starts(line, OPENING)) {
            text_reset(out);
            opened = true;
        }
        if (out->len)
            text_char(out, ' ');
        text_str(out, line);
    }
    return opened;
}

static bool read_plain(struct pool *pool, grasp_str text, grasp_str *out)
{
    static const char *const tags[] = {"current_prompt", "memory"};
    struct text untagged CLEANUP_TEXT = {0}, joined CLEANUP_TEXT = {0}, note CLEANUP_TEXT = {0};
    size_t at = 0;
    line_untag(&untagged, text, tags, 2);
    if (!read_lines(text_view(&untagged), &joined) &&
        !line_find_words(text_view(&joined), OPENING, &at))
        return false;
    text_line(&note, slice_from(text_view(&joined), at));
    grasp_str found = line_unbulleted(text_view(&note));
    if (!line_starts(found, OPENING))
        return false;
    *out = pool_dup(pool, found);
    return true;
}

static bool read_at(grasp_call *call, struct pool *pool, grasp_str raw, int depth, grasp_str *out)
{
    static const char *const languages[] = {"json", "text", NULL};
    const grasp_json *json = grasp_json_of(call);
    grasp_str text;
    if (depth > DEPTH_MAX)
        return false;
    if (!line_fenced(raw, languages, &text))
        text = slice_trim(raw);
    if (!text.len)
        return false;
    const grasp_json_value *value = text.ptr[0] == '[' ? json->parse(call, text, NULL) : NULL;
    if (json->kind(value) == GRASP_JSON_ARRAY)
        return read_array(call, pool, value, depth, out);
    return read_plain(pool, text, out);
}

bool note_read(grasp_call *call, struct pool *pool, grasp_str raw, grasp_str *out)
{
    return read_at(call, pool, raw, 0, out);
}

bool notes_have(const struct strings *notes, grasp_str note)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str wanted = text_folded(&pool, note);
    for (size_t i = 0; i < notes->count; i++) {
        if (slice_eq(text_folded(&pool, notes->items[i]), wanted))
            return true;
    }
    return false;
}

bool notes_read(grasp_call *call, struct pool *pool, grasp_str text, struct strings *out,
                size_t *out_raw, grasp_str *out_why)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *list = json->parse(call, text, out_why);
    bool map = json->kind(list) == GRASP_JSON_OBJECT;
    *out_raw = json->count(list);
    if (!map && json->kind(list) != GRASP_JSON_ARRAY) {
        if (json->kind(list) != GRASP_JSON_NULL || !out_why->len)
            *out_why = SLICE("a memory is a JSON array of texts");
        return false;
    }
    for (uint64_t i = 0; i < *out_raw; i++) {
        grasp_str raw, note;
        if (map)
            json->member(list, i, &raw);
        else
            raw = value_text(call, json->at(list, i));
        if (note_read(call, pool, raw, &note) && !notes_have(out, note))
            strings_add(pool, out, note);
    }
    return true;
}

void notes_block(struct text *out, const struct strings *notes)
{
    text_put(out, notes->count ? "<memory>\n" NOTES_HEADER "\n" : "<memory>\n");
    for (size_t i = 0; i < notes->count; i++) {
        text_put(out, "- ");
        text_str(out, notes->items[i]);
        text_char(out, '\n');
    }
    text_put(out, "</memory>");
}

grasp_str notes_file(grasp_call *call, const struct strings *notes)
{
    struct text out CLEANUP_TEXT = {0};
    put_strings(&out, NULL, notes);
    return pretty_json(call, text_view(&out));
}
