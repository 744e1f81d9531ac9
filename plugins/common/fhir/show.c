/* SPDX-License-Identifier: MIT */
/* How a resource is shown: its meta filled in, its members chosen, its text indented. */
#include <string.h>

#include "common/slice.h"
#include "json_scan.h"
#include "view.h"

#define SUBSETTED                                                                                  \
    "{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ObservationValue\","                   \
    "\"code\":\"SUBSETTED\"}"

/* Members that a server adds to the meta of what was loaded without them. */
static void write_meta(struct text *out, grasp_str meta, bool as_stored, bool subsetted)
{
    grasp_str key, value, rest = meta, tags = {"", 0};
    const char *comma = "";
    bool version = as_stored || scan_get(meta, SLICE("versionId")).len;
    bool updated = as_stored || scan_get(meta, SLICE("lastUpdated")).len;
    text_char(out, '{');
    if (!version) {
        text_put(out, "\"versionId\":\"1\"");
        comma = ",";
    }
    if (!updated) {
        text_put(out, comma);
        text_put(out, "\"lastUpdated\":\"" FHIR_LAST_UPDATED "\"");
        comma = ",";
    }
    while (scan_member_next(&rest, &key, &value)) {
        if (subsetted && slice_eq(key, SLICE("tag"))) {
            tags = value;
            continue;
        }
        text_format(out, "%s\"%.*s\":", comma, (int)key.len, key.ptr);
        text_str(out, value);
        comma = ",";
    }
    if (subsetted) {
        text_format(out, "%s\"tag\":[", comma);
        for (grasp_str tag; scan_item_next(&tags, &tag); text_char(out, ','))
            text_str(out, tag);
        text_put(out, SUBSETTED "]");
    }
    text_char(out, '}');
}

/* Is the member in "a,Patient.b,c.d", which names b and c too? */
static bool is_element(grasp_str elements, grasp_str type, grasp_str member)
{
    while (elements.len) {
        grasp_str name = cond_part(&elements, ','), rest = name, first = cond_part(&rest, '.');
        if (slice_eq(first, type) && rest.len)
            first = cond_part(&rest, '.');
        if (slice_eq(first, member))
            return true;
    }
    return false;
}

static bool is_shown(const struct r4_type *type, const struct shape *shape, grasp_str member)
{
    if (member.len && *member.ptr == '_')
        member = slice_from(member, 1); /* what extends a plain value */
    if (slice_eq(member, SLICE("resourceType")) || slice_eq(member, SLICE("id")))
        return true;
    if (shape->elements.len && is_element(shape->elements, type->name, member))
        return true;
    if (shape->summary == SUMMARY_DATA)
        return !slice_eq(member, SLICE("text")) && !shape->elements.len;
    if (shape->summary == SUMMARY_TEXT && slice_eq(member, SLICE("text")))
        return true;
    if (shape->summary == SUMMARY_TRUE && r4_lists(type->summary, member))
        return true;
    return r4_lists(type->mandatory, member);
}

static void write_chosen(const struct fhir_view *view, const struct r4_type *type, grasp_str text,
                         const struct shape *shape, struct text *out)
{
    grasp_str key, value, meta = scan_get(text, SLICE("meta"));
    const char *comma = "";
    bool first = true;
    text_char(out, '{');
    while (scan_member_next(&text, &key, &value)) {
        if (slice_eq(key, SLICE("meta")) || !is_shown(type, shape, key))
            continue;
        text_format(out, "%s\"%.*s\":", comma, (int)key.len, key.ptr);
        text_str(out, value);
        comma = ",";
        if (slice_eq(key, SLICE("id")) && first) {
            first = false;
            text_put(out, ",\"meta\":");
            write_meta(out, meta, view->store->as_stored, true);
        }
    }
    text_char(out, '}');
}

/* The text as it is, but for its meta. */
static void write_filled(grasp_str text, struct text *out)
{
    grasp_str meta = scan_get(text, SLICE("meta"));
    if (meta.len && *meta.ptr == '{') {
        size_t at = (size_t)(meta.ptr - text.ptr);
        text_add(out, text.ptr, at);
        write_meta(out, meta, false, false);
        text_str(out, slice_from(text, at + meta.len));
        return;
    }
    grasp_str id = scan_get(text, SLICE("id"));
    size_t at = (size_t)(id.ptr + id.len - text.ptr);
    text_add(out, text.ptr, at);
    text_put(out, ",\"meta\":");
    write_meta(out, (grasp_str){"", 0}, false, false);
    text_str(out, slice_from(text, at));
}

void show_read(const struct fhir_view *view, const uint32_t *handles, uint32_t count,
               struct window *window, struct shown *out)
{
    uint32_t handle = handles[0];
    out->handle = handle;
    if (handle >= VIEW_CHANGE) {
        out->text = view_text(view, handle);
        out->id = view_id(view, handle);
        return;
    }
    const struct row *row = &view->store->index.rows[handle];
    out->text = store_read(view->store, handles, count, window);
    out->id = row->id_at == ROW_ID_FAR ? view_id(view, handle)
                                       : (grasp_str){out->text.ptr + row->id_at, row->id_len};
}

void show_resource(const struct fhir_view *view, uint32_t handle, const struct shape *shape,
                   struct text *out)
{
    struct shown shown;
    struct window window;
    window.source = NULL;
    show_read(view, &handle, 1, &window, &shown);
    show_text(view, &shown, shape, out);
}

void show_text(const struct fhir_view *view, const struct shown *shown, const struct shape *shape,
               struct text *out)
{
    grasp_str text = shown->text;
    uint32_t handle = shown->handle;
    const struct row *row = handle < VIEW_CHANGE ? &view->store->index.rows[handle] : NULL;
    if (shape && (shape->elements.len ||
                  (shape->summary != SUMMARY_FALSE && shape->summary != SUMMARY_COUNT)))
        write_chosen(view, view_type(view, handle), text, shape, out);
    else if (row && !(row->flags & ROW_META) && !view->store->as_stored)
        write_filled(text, out);
    else
        text_str(out, text);
}

static void new_line(struct text *out, int depth)
{
    text_char(out, '\n');
    for (int i = 0; i < depth; i++)
        text_put(out, "  ");
}

/* A string from its first quote; returns what follows it. */
static size_t copy_string(grasp_str json, size_t at, struct text *out)
{
    size_t start = at++;
    while (at < json.len && json.ptr[at] != '"')
        at += json.ptr[at] == '\\' ? 2 : 1;
    at = at < json.len ? at + 1 : json.len;
    text_add(out, json.ptr + start, at - start);
    return at;
}

void show_pretty(grasp_str json, struct text *out)
{
    int depth = 0;
    for (size_t at = 0; at < json.len;) {
        char c = json.ptr[at];
        if (c == '"') {
            at = copy_string(json, at, out);
            continue;
        }
        at++;
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            continue;
        if (c == '}' || c == ']')
            new_line(out, --depth);
        text_char(out, c);
        if (c == '{' || c == '[')
            new_line(out, ++depth);
        else if (c == ',')
            new_line(out, depth);
        else if (c == ':')
            text_char(out, ' ');
    }
}

void show_outcome(struct text *out, const char *severity, const char *code, grasp_str text)
{
    text_format(out,
                "{\"resourceType\":\"OperationOutcome\",\"issue\":[{\"severity\":\"%s\","
                "\"code\":\"%s\",\"diagnostics\":",
                severity, code);
    text_json(out, text);
    text_put(out, "}]}");
}
