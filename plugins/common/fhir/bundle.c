/* SPDX-License-Identifier: MIT */
/* Bundles: pages of a search with what they include, and histories. */
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "json_scan.h"
#include "value.h"
#include "view.h"

#define INCLUDED_MAX 10000u
#define ITERATIONS 8 /* rounds of :iterate */

static void write_number(struct text *out, uint32_t number)
{
    char digits[10], *at = digits + sizeof(digits);
    do
        *--at = (char)('0' + number % 10);
    while (number /= 10);
    text_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

static void write_link(const struct fhir_view *view, const struct query *query,
                       const char *relation, int64_t offset, struct pool *pool, struct text *out)
{
    grasp_str raw = query->raw;
    struct pair pair;
    char separator = '?';
    text_put(out, "{\"relation\":\"");
    text_put(out, relation);
    text_put(out, "\",\"url\":\"");
    text_put(out, view->base);
    text_str(out, query->type->name);
    if (offset < 0 && query_is_canonical(raw)) {
        text_char(out, '?');
        text_str(out, raw);
        raw.len = 0;
    }
    while (query_pair(&raw, pool, &pair)) {
        if (offset >= 0 && slice_eq(pair.name, SLICE("_offset")))
            continue;
        text_char(out, separator);
        query_encode(out, pair.name);
        text_char(out, '=');
        query_encode(out, pair.value);
        separator = '&';
    }
    if (offset >= 0)
        text_format(out, "%c_offset=%lld", separator, (long long)offset);
    text_put(out, "\"}");
}

/* Entries for some resources, behind so many others. */
static void write_entries(const struct fhir_view *view, const uint32_t *handles, uint32_t count,
                          const struct shape *shape, bool included, uint32_t before,
                          struct text *out)
{
    struct shown shown;
    struct window window;
    const struct r4_type *type = NULL;
    CLEANUP_TEXT struct text start = {0};
    window.source = NULL;
    for (uint32_t i = 0; i < count; i++) {
        show_read(view, handles + i, count - i, &window, &shown);
        if (view_type(view, handles[i]) != type) {
            type = view_type(view, handles[i]);
            text_reset(&start);
            text_put(&start, ",{\"fullUrl\":\"");
            text_put(&start, view->base);
            text_str(&start, type->name);
            text_char(&start, '/');
        }
        text_str(out, slice_from(text_view(&start), before + i == 0 ? 1 : 0));
        text_str(out, shown.id);
        text_put(out, "\",\"resource\":");
        show_text(view, &shown, shape, out);
        text_put(out, included ? ",\"search\":{\"mode\":\"include\"}}"
                               : ",\"search\":{\"mode\":\"match\"}}");
    }
}

/* Handles that were included, each once. */
struct included {
    const struct fhir_view *view;
    const struct include *include;
    const uint32_t *page; /* matches are not included again */
    uint32_t page_count;
    uint32_t *items;
    size_t count, capacity;
    struct pool *pool;
};

static bool is_listed(const uint32_t *items, size_t count, uint32_t handle)
{
    for (size_t i = 0; i < count; i++)
        if (items[i] == handle)
            return true;
    return false;
}

static void include_handle(struct included *in, uint32_t handle)
{
    if (handle == VIEW_NONE || !view_text(in->view, handle).len || in->count == INCLUDED_MAX ||
        is_listed(in->page, in->page_count, handle) || is_listed(in->items, in->count, handle))
        return;
    POOL_RESERVE(in->pool, in->items, in->count, in->capacity);
    in->items[in->count++] = handle;
}

static bool include_reference(void *arg, const struct value_reference *reference)
{
    struct included *in = arg;
    const struct r4_param *param = in->include->param;
    if (!reference->id.len)
        return false;
    if (reference->type.len) {
        if (!in->include->target.len || slice_eq(in->include->target, reference->type))
            include_handle(in, view_find(in->view, r4_type_find(reference->type), reference->id));
        return false;
    }
    for (uint32_t i = 0; param && i < param->target_count; i++) {
        const struct r4_type *type = r4_type_find(param->targets[i]);
        if (type && (!in->include->target.len || slice_eq(in->include->target, type->name)))
            include_handle(in, view_find(in->view, type, reference->id));
    }
    return false;
}

/* Every "reference" in the text. */
static void include_all(struct included *in, grasp_str text)
{
    size_t at = 0;
    while (slice_find(text, SLICE("\"reference\""), at, &at)) {
        at += 11;
        grasp_str rest = slice_from(text, at), value;
        while (rest.len && strchr(" \t\r\n:", *rest.ptr) && *rest.ptr)
            rest = slice_from(rest, 1);
        const char *end =
            rest.len > 1 && *rest.ptr == '"' ? memchr(rest.ptr + 1, '"', rest.len - 1) : NULL;
        if (!end)
            continue;
        value = (grasp_str){rest.ptr + 1, (size_t)(end - rest.ptr - 1)};
        struct value_reference reference = value_reference_read(value);
        include_reference(in, &reference);
    }
}

static void include_forward(struct included *in, uint32_t handle)
{
    grasp_str text = view_text(in->view, handle);
    if (view_type(in->view, handle) != in->include->source)
        return;
    if (in->include->param)
        value_references(in->include->param, text, in->pool, include_reference, in);
    else
        include_all(in, text);
}

/* Resources of the include's type whose parameter refers to one of the handles. */
static void include_reverse(struct included *in, const uint32_t *handles, uint32_t count)
{
    struct query *query = pool_alloc(in->pool, sizeof(*query));
    struct fault fault;
    uint32_t *found, found_count;
    if (!in->include->param || !count)
        return;
    query->type = in->include->source;
    query->cond_count = 1;
    query->conds[0] = (struct cond){.param = in->include->param, .want_count = count};
    query->conds[0].wants = pool_array(in->pool, count, sizeof(struct want));
    for (uint32_t i = 0; i < count; i++) {
        query->conds[0].wants[i].id = view_id(in->view, handles[i]);
        query->conds[0].wants[i].type = view_type(in->view, handles[i])->name;
        query->conds[0].wants[i].text = SLICE("");
    }
    if (!search_run(in->view, query, in->pool, &found, &found_count, &fault))
        return;
    for (uint32_t i = 0; i < found_count; i++)
        include_handle(in, found[i]);
    free(found);
}

static void include_round(struct included *in, const struct query *query, const uint32_t *handles,
                          uint32_t count, bool iterated)
{
    for (uint32_t i = 0; i < query->include_count; i++) {
        in->include = &query->includes[i];
        if (iterated && !in->include->iterate)
            continue;
        if (in->include->reverse) {
            include_reverse(in, handles, count);
            continue;
        }
        for (uint32_t h = 0; h < count; h++)
            include_forward(in, handles[h]);
    }
}

static void include_page(struct included *in, const struct query *query)
{
    size_t from = 0;
    include_round(in, query, in->page, in->page_count, false);
    for (int i = 0; i < ITERATIONS && from < in->count; i++) {
        uint32_t count = (uint32_t)(in->count - from);
        uint32_t *round = pool_array(in->pool, count, sizeof(*round));
        memcpy(round, in->items + from, count * sizeof(*round));
        from = in->count;
        include_round(in, query, round, count, true);
    }
}

static void write_links(const struct fhir_view *view, const struct query *query, uint32_t count,
                        struct pool *pool, struct text *out)
{
    text_put(out, ",\"link\":[");
    write_link(view, query, "self", -1, pool, out);
    if (query->shape.summary != SUMMARY_COUNT) {
        if (query->offset < count && count - query->offset > query->count) {
            text_char(out, ',');
            write_link(view, query, "next", (int64_t)query->offset + query->count, pool, out);
        }
        if (query->offset > 0) {
            text_char(out, ',');
            write_link(view, query, "previous",
                       query->offset > query->count ? query->offset - query->count : 0, pool, out);
        }
    }
    text_char(out, ']');
}

static void write_page(const struct fhir_view *view, const struct query *query,
                       const uint32_t *found, uint32_t count, struct pool *pool, struct text *out)
{
    uint32_t from = query->offset < count ? query->offset : count;
    uint32_t shown = count - from < query->count ? count - from : query->count;
    struct included in = {.view = view, .page = found + from, .page_count = shown, .pool = pool};
    if (query->include_count)
        include_page(&in, query);
    if (!shown)
        return;
    text_put(out, ",\"entry\":[");
    write_entries(view, found + from, shown, &query->shape, false, 0, out);
    write_entries(view, in.items, (uint32_t)in.count, NULL, true, shown, out);
    text_char(out, ']');
}

void bundle_search(const struct fhir_view *view, const struct query *query, const uint32_t *found,
                   uint32_t count, struct pool *pool, struct text *out)
{
    text_put(out, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"");
    if (!query->no_total) {
        text_put(out, ",\"total\":");
        write_number(out, count);
    }
    write_links(view, query, count, pool, out);
    if (query->shape.summary != SUMMARY_COUNT && count)
        write_page(view, query, found, count, pool, out);
    text_char(out, '}');
}

void bundle_list(const struct fhir_view *view, const uint32_t *found, uint32_t count,
                 const struct shape *shape, struct text *out)
{
    text_format(out, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":%u", count);
    if (count)
        text_put(out, ",\"entry\":[");
    write_entries(view, found, count, shape, false, 0, out);
    text_put(out, count ? "]}" : "}");
}

static void write_version(const struct fhir_view *view, uint32_t handle, bool created, bool first,
                          struct text *out)
{
    grasp_str type = view_type(view, handle)->name, id = view_id(view, handle);
    bool deleted = !view_text(view, handle).len;
    text_format(out, "%s{\"fullUrl\":\"%s%.*s/%.*s\"", first ? "" : ",", view->base, (int)type.len,
                type.ptr, (int)id.len, id.ptr);
    if (!deleted) {
        text_put(out, ",\"resource\":");
        show_resource(view, handle, NULL, out);
    }
    text_format(out, ",\"request\":{\"method\":\"%s\",\"url\":\"%.*s/%.*s\"}}",
                deleted   ? "DELETE"
                : created ? "POST"
                          : "PUT",
                (int)type.len, type.ptr, (int)id.len, id.ptr);
}

void bundle_history(const struct fhir_view *view, const struct r4_type *type, grasp_str id,
                    struct text *out)
{
    uint32_t handle = view_find(view, type, id), total = 0;
    CLEANUP_TEXT struct text entries = {0};
    while (handle != VIEW_NONE) {
        const struct change *change =
            handle >= VIEW_CHANGE ? &view->changes[handle - VIEW_CHANGE] : NULL;
        uint32_t next = !change                          ? VIEW_NONE
                        : change->previous != UINT32_MAX ? VIEW_CHANGE + change->previous
                                                         : change->row;
        write_version(view, handle, next == VIEW_NONE, total == 0, &entries);
        total++;
        handle = next;
    }
    text_format(out, "{\"resourceType\":\"Bundle\",\"type\":\"history\",\"total\":%u,\"entry\":[",
                total);
    text_str(out, text_view(&entries));
    text_put(out, "]}");
}
