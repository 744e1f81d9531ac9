/* SPDX-License-Identifier: MIT */
/* What an episode writes: versions laid over the store, which itself never changes. */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "json_scan.h"

#define VIEW_BYTES ((size_t)64 << 20)    /* of all that one view wrote */
#define RESOURCE_BYTES ((size_t)8 << 20) /* of one resource */
#define FIRST_ID 1000u                   /* of what the server names */
#define DEFAULT_NOW 1717200000000ll      /* FHIR_LAST_UPDATED */

struct fhir_view *fhir_view_new(const struct fhir_store *store)
{
    struct fhir_view *view = calloc(1, sizeof(*view));
    if (!view)
        abort();
    view->store = store;
    view->next_id = FIRST_ID;
    view->now = DEFAULT_NOW;
    fhir_view_base(view, store->base);
    return view;
}

void fhir_view_base(struct fhir_view *view, const char *base)
{
    size_t len = strlen(base);
    bool slash = len && base[len - 1] == '/';
    char *copy = malloc(len + 2);
    if (!copy)
        abort();
    memcpy(copy, base, len);
    memcpy(copy + len, slash ? "" : "/", slash ? 1 : 2);
    free(view->base);
    view->base = copy;
    const char *host = strstr(copy, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    view->base_path = path ? path : copy;
}

static void forget(struct fhir_view *view)
{
    pool_free(&view->pool);
    free(view->changes);
    free(view->by_id);
}

void fhir_view_free(struct fhir_view *view)
{
    if (!view)
        return;
    forget(view);
    free(view->base);
    free(view);
}

void fhir_view_reset(struct fhir_view *view)
{
    forget(view);
    *view = (struct fhir_view){
        .store = view->store,
        .base = view->base,
        .base_path = view->base_path,
        .next_id = FIRST_ID,
        .now = view->now,
    };
}

void fhir_view_now(struct fhir_view *view, int64_t ms)
{
    view->now = ms;
}

grasp_str view_text(const struct fhir_view *view, uint32_t handle)
{
    if (handle >= VIEW_CHANGE)
        return view->changes[handle - VIEW_CHANGE].text;
    return store_text(view->store, handle);
}

grasp_str view_id(const struct fhir_view *view, uint32_t handle)
{
    if (handle >= VIEW_CHANGE)
        return view->changes[handle - VIEW_CHANGE].id;
    return store_id(view->store, handle);
}

const struct r4_type *view_type(const struct fhir_view *view, uint32_t handle)
{
    uint32_t count;
    if (handle >= VIEW_CHANGE)
        return view->changes[handle - VIEW_CHANGE].type;
    return &r4_types(&count)[view->store->index.rows[handle].type];
}

static uint64_t hash_of(const struct r4_type *type, grasp_str id)
{
    return index_hash(id, r4_type_index(type));
}

/* Where in by_id the resource is, or would be. */
static size_t place_of(const struct fhir_view *view, const struct r4_type *type, grasp_str id)
{
    size_t at = hash_of(type, id) & (view->by_id_size - 1);
    while (view->by_id[at]) {
        const struct change *change = &view->changes[view->by_id[at] - 1];
        if (change->type == type && slice_eq(change->id, id))
            break;
        at = (at + 1) & (view->by_id_size - 1);
    }
    return at;
}

uint32_t view_find(const struct fhir_view *view, const struct r4_type *type, grasp_str id)
{
    if (view->change_count) {
        uint32_t change = view->by_id[place_of(view, type, id)];
        if (change)
            return VIEW_CHANGE + change - 1;
    }
    return store_find(view->store, r4_type_index(type), id);
}

bool view_hides(const struct fhir_view *view, uint32_t row)
{
    uint32_t count;
    const struct r4_type *type = &r4_types(&count)[view->store->index.rows[row].type];
    return view->by_id[place_of(view, type, store_id(view->store, row))] != 0;
}

static void make_room(struct fhir_view *view)
{
    if (view->change_count == view->change_capacity) {
        view->change_capacity = view->change_capacity ? view->change_capacity * 2 : 8;
        view->changes = realloc(view->changes, view->change_capacity * sizeof(*view->changes));
        if (!view->changes)
            abort();
    }
    if ((view->change_count + 1) * 2 <= view->by_id_size)
        return;
    free(view->by_id);
    view->by_id_size = view->by_id_size ? view->by_id_size * 2 : 16;
    view->by_id = calloc(view->by_id_size, sizeof(*view->by_id));
    if (!view->by_id)
        abort();
    for (size_t i = 0; i < view->change_count; i++)
        view->by_id[place_of(view, view->changes[i].type, view->changes[i].id)] = (uint32_t)i + 1;
}

/* The version that a resource of the store says it is. */
static uint32_t version_of(grasp_str resource)
{
    grasp_str text = scan_get(scan_get(resource, SLICE("meta")), SLICE("versionId"));
    uint32_t version = 0;
    for (size_t i = 1; i + 1 < text.len && i < 9; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 1;
        version = version * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    return version ? version : 1;
}

static struct change *add_change(struct fhir_view *view, const struct r4_type *type, grasp_str id,
                                 uint32_t before)
{
    make_room(view);
    struct change *change = &view->changes[view->change_count];
    *change = (struct change){
        .type = type,
        .id = pool_dup(&view->pool, id),
        .version = 1,
        .previous = UINT32_MAX,
        .row = UINT32_MAX,
        .is_latest = true,
        .when = view->now,
    };
    if (before != VIEW_NONE && before >= VIEW_CHANGE) {
        struct change *old = &view->changes[before - VIEW_CHANGE];
        old->is_latest = false;
        change->previous = before - VIEW_CHANGE;
        change->row = old->row;
        change->version = old->version + 1;
    } else if (before != VIEW_NONE) {
        change->row = before;
        change->version = version_of(store_text(view->store, before)) + 1;
    }
    view->by_id[place_of(view, type, change->id)] = (uint32_t)++view->change_count;
    return change;
}

static void write_meta(struct text *out, const struct change *change, grasp_str meta)
{
    char when[INSTANT_SIZE];
    grasp_str key, value;
    instant_write(change->when, when);
    text_format(out, "\"meta\":{\"versionId\":\"%u\",\"lastUpdated\":\"%s\"", change->version,
                when);
    if (meta.len && *meta.ptr == '{') {
        while (scan_member_next(&meta, &key, &value)) {
            if (slice_eq(key, SLICE("versionId")) || slice_eq(key, SLICE("lastUpdated")))
                continue;
            text_format(out, ",\"%.*s\":", (int)key.len, key.ptr);
            text_str(out, value);
        }
    }
    text_char(out, '}');
}

static void write_stored(struct text *out, const struct change *change, grasp_str resource)
{
    grasp_str key, value;
    text_format(out, "{\"resourceType\":\"%.*s\",\"id\":\"%.*s\",", (int)change->type->name.len,
                change->type->name.ptr, (int)change->id.len, change->id.ptr);
    write_meta(out, change, scan_get(resource, SLICE("meta")));
    while (scan_member_next(&resource, &key, &value)) {
        if (slice_eq(key, SLICE("resourceType")) || slice_eq(key, SLICE("id")) ||
            slice_eq(key, SLICE("meta")))
            continue;
        text_format(out, ",\"%.*s\":", (int)key.len, key.ptr);
        text_str(out, value);
    }
    text_char(out, '}');
}

static bool check_resource(const struct r4_type *type, grasp_str resource, struct pool *pool,
                           struct fault *fault)
{
    const char *why;
    size_t at;
    if (resource.len > RESOURCE_BYTES)
        return fault_set(fault, pool, 413, "too-long", "a resource has at most %zu bytes",
                         RESOURCE_BYTES);
    if (!scan_check(resource, &why, &at))
        return fault_set(fault, pool, 400, "structure", "the body is not JSON: %s (byte %zu)", why,
                         at);
    resource = scan_strip(resource);
    grasp_str name = scan_get(resource, SLICE("resourceType"));
    if (*resource.ptr != '{' || !scan_is_string(name))
        return fault_set(fault, pool, 400, "structure",
                         "the body is not a resource: it needs a \"resourceType\"");
    if (!slice_eq(slice_cut(name, 1, name.len - 1), type->name))
        return fault_set(fault, pool, 400, "invalid",
                         "the URL says %.*s, the body's resourceType %.*s", (int)type->name.len,
                         type->name.ptr, (int)(name.len < 100 ? name.len : 100), name.ptr);
    return true;
}

uint32_t view_write(struct fhir_view *view, const struct r4_type *type, grasp_str id,
                    grasp_str resource, struct pool *pool, bool *out_created, struct fault *fault)
{
    if (!check_resource(type, resource, pool, fault))
        return VIEW_NONE;
    resource = scan_strip(resource);
    if (resource.len + 256 > VIEW_BYTES - view->used || view->change_count >= VIEW_CHANGE / 2) {
        fault_set(fault, pool, 413, "too-costly",
                  "this view holds no more than %zu bytes of changes", VIEW_BYTES);
        return VIEW_NONE;
    }
    while (!id.len) {
        grasp_str free_id = pool_format(pool, "%llu", (unsigned long long)view->next_id++);
        if (view_find(view, type, free_id) == VIEW_NONE)
            id = free_id;
    }
    uint32_t before = view_find(view, type, id);
    struct change *change = add_change(view, type, id, before);
    *out_created = before == VIEW_NONE ||
                   (before >= VIEW_CHANGE && !view->changes[before - VIEW_CHANGE].text.len);
    CLEANUP_TEXT struct text text = {0};
    write_stored(&text, change, resource);
    change->text = pool_dup(&view->pool, text_view(&text));
    view->used += text.len + 256;
    return VIEW_CHANGE + (uint32_t)view->change_count - 1;
}

bool view_delete(struct fhir_view *view, const struct r4_type *type, grasp_str id,
                 struct pool *pool, struct fault *fault)
{
    uint32_t before = view_find(view, type, id);
    if (before == VIEW_NONE || !view_text(view, before).len)
        return true;
    if (view->used + 256 > VIEW_BYTES)
        return fault_set(fault, pool, 413, "too-costly",
                         "this view holds no more than %zu bytes of changes", VIEW_BYTES);
    add_change(view, type, id, before);
    view->used += 256;
    return true;
}
