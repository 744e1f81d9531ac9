/* SPDX-License-Identifier: MIT */
/* One request: what its method and URL ask for, and the answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/slice.h"
#include "json_scan.h"
#include "view.h"

#define BODY_MAX ((size_t)1 << 30)

struct request {
    const struct fhir_view *view;
    struct fhir_view *writable; /* NULL: it may only read */
    struct pool pool;
    grasp_str path[5]; /* segments, decoded */
    uint32_t segments;
    grasp_str raw; /* the query, as sent */
    grasp_str body;
    struct shape shape;
    struct fault fault;
    int32_t status;
    uint32_t total;
    char location[192];
    struct text out;
};

static bool fail(struct request *r, int32_t status, const char *code, const char *text)
{
    return fault_set(&r->fault, &r->pool, status, code, "%s", text);
}

static bool starts(grasp_str text, const char *start)
{
    size_t len = strlen(start);
    return text.len >= len && memcmp(text.ptr, start, len) == 0;
}

static bool is(grasp_str text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

static bool find_char(grasp_str text, char c, size_t *out_at)
{
    const char *found = text.len ? memchr(text.ptr, c, text.len) : NULL;
    if (found)
        *out_at = (size_t)(found - text.ptr);
    return found != NULL;
}

/* The part of the URL behind the server's base; false if it is not of this server. */
static bool behind_base(const struct fhir_view *view, grasp_str *url)
{
    size_t at;
    grasp_str query = *url;
    if (find_char(query, '?', &at))
        query.len = at;
    if (slice_find(query, SLICE("://"), 0, &at)) {
        grasp_str rest = slice_from(*url, at + 3);
        if (!find_char(rest, '/', &at))
            return false;
        *url = slice_from(rest, at);
        if (!starts(*url, view->base_path))
            return false;
    }
    if (starts(*url, view->base_path))
        *url = slice_from(*url, strlen(view->base_path));
    else if (url->len && *url->ptr == '/')
        *url = slice_from(*url, 1);
    return true;
}

static bool read_url(struct request *r, grasp_str url)
{
    size_t at;
    struct pair pair;
    if (url.len > FHIR_URL_MAX)
        return fail(r, 414, "too-long", "the URL has more than 65536 bytes");
    if (!behind_base(r->view, &url))
        return fault_set(&r->fault, &r->pool, 404, "not-found", "this server's URLs start with %s",
                         r->view->base);
    if (find_char(url, '#', &at))
        url.len = at;
    grasp_str path = url;
    if (find_char(url, '?', &at)) {
        path.len = at;
        r->raw = slice_from(url, at + 1);
    } else {
        r->raw = SLICE("");
    }
    while (path.len) {
        grasp_str segment = path;
        bool more = find_char(path, '/', &at);
        segment.len = more ? at : path.len;
        path = slice_from(path, more ? at + 1 : path.len);
        if (!segment.len)
            continue;
        if (r->segments == 5)
            return fail(r, 404, "not-found", "there is nothing under this path");
        r->path[r->segments++] = segment;
        /* Escapes in a segment; its '=' and '&' are not those of a query. */
        if (memchr(segment.ptr, '%', segment.len) && !memchr(segment.ptr, '&', segment.len) &&
            !memchr(segment.ptr, '=', segment.len) && query_pair(&segment, &r->pool, &pair))
            r->path[r->segments - 1] = pair.name;
    }
    for (at = 0; at < r->segments; at++)
        if (!utf8_valid(r->path[at]))
            return fail(r, 400, "invalid", "the path is not UTF-8");
    return true;
}

static const struct r4_type *type_of(struct request *r)
{
    const struct r4_type *type = r4_type_find(r->path[0]);
    if (!type)
        fault_set(&r->fault, &r->pool, 404, "not-found", "FHIR R4 has no resource type \"%.*s\"",
                  (int)(r->path[0].len < 200 ? r->path[0].len : 200), r->path[0].ptr);
    return type;
}

static bool not_found(struct request *r, const struct r4_type *type, grasp_str id)
{
    return fault_set(&r->fault, &r->pool, 404, "not-found", "there is no %.*s/%.*s",
                     (int)type->name.len, type->name.ptr, (int)(id.len < 200 ? id.len : 200),
                     id.ptr);
}

static void locate(struct request *r, const struct r4_type *type, uint32_t handle)
{
    const struct change *change = &r->view->changes[handle - VIEW_CHANGE];
    snprintf(r->location, sizeof(r->location), "%.*s/%.*s/_history/%u", (int)type->name.len,
             type->name.ptr, (int)change->id.len, change->id.ptr, change->version);
}

static bool read_latest(struct request *r, const struct r4_type *type, grasp_str id)
{
    uint32_t handle = view_find(r->view, type, id);
    if (handle == VIEW_NONE)
        return not_found(r, type, id);
    if (!view_text(r->view, handle).len)
        return fault_set(&r->fault, &r->pool, 410, "deleted", "%.*s/%.*s was deleted",
                         (int)type->name.len, type->name.ptr, (int)id.len, id.ptr);
    show_resource(r->view, handle, &r->shape, &r->out);
    r->status = 200;
    return true;
}

/* The version as the resource itself says it. */
static bool has_version(const struct request *r, uint32_t handle, grasp_str version)
{
    grasp_str meta = scan_get(view_text(r->view, handle), SLICE("meta"));
    grasp_str own = scan_get(meta, SLICE("versionId"));
    if (!scan_is_string(own))
        return is(version, "1");
    return slice_eq(slice_cut(own, 1, own.len - 1), version);
}

static bool read_version(struct request *r, const struct r4_type *type, grasp_str id,
                         grasp_str version)
{
    uint32_t handle = view_find(r->view, type, id);
    while (handle != VIEW_NONE) {
        const struct change *change =
            handle >= VIEW_CHANGE ? &r->view->changes[handle - VIEW_CHANGE] : NULL;
        if (view_text(r->view, handle).len && has_version(r, handle, version)) {
            show_resource(r->view, handle, &r->shape, &r->out);
            r->status = 200;
            return true;
        }
        handle = !change                          ? VIEW_NONE
                 : change->previous != UINT32_MAX ? VIEW_CHANGE + change->previous
                                                  : change->row;
    }
    return fault_set(&r->fault, &r->pool, 404, "not-found", "there is no version %.*s of %.*s/%.*s",
                     (int)(version.len < 100 ? version.len : 100), version.ptr, (int)type->name.len,
                     type->name.ptr, (int)(id.len < 100 ? id.len : 100), id.ptr);
}

static bool read_history(struct request *r, const struct r4_type *type, grasp_str id)
{
    if (view_find(r->view, type, id) == VIEW_NONE)
        return not_found(r, type, id);
    bundle_history(r->view, type, id, &r->out);
    r->status = 200;
    return true;
}

static bool search(struct request *r, const struct r4_type *type, grasp_str raw)
{
    uint32_t *found;
    struct query query;
    if (!search_read(r->view, type, raw, &r->pool, &query, &r->fault) ||
        !search_run(r->view, &query, &r->pool, &found, &r->total, &r->fault))
        return false;
    bundle_search(r->view, &query, found, r->total, &r->pool, &r->out);
    free(found);
    r->shape = query.shape;
    r->status = 200;
    return true;
}

/* Patient/id/$everything: the patient, and what refers to it as its patient, type by type. */
static bool everything(struct request *r, const struct r4_type *type, grasp_str id)
{
    uint32_t count, handle = view_find(r->view, type, id), *found, many;
    size_t total = 0, capacity = 0;
    uint32_t *all = NULL;
    const struct r4_type *types = r4_types(&count);
    if (handle == VIEW_NONE || !view_text(r->view, handle).len)
        return not_found(r, type, id);
    POOL_RESERVE(&r->pool, all, total, capacity);
    all[total++] = handle;
    struct query *query = pool_alloc(&r->pool, sizeof(*query));
    for (uint32_t i = 0; i < count; i++) {
        if (!types[i].patient)
            continue;
        struct want want = {.text = id, .id = id, .type = SLICE("Patient")};
        query->type = &types[i];
        query->cond_count = 1;
        query->conds[0] = (struct cond){.param = types[i].patient, .wants = &want, .want_count = 1};
        if (!search_run(r->view, query, &r->pool, &found, &many, &r->fault))
            return false;
        for (uint32_t f = 0; f < many; f++) {
            POOL_RESERVE(&r->pool, all, total, capacity);
            all[total++] = found[f];
        }
        free(found);
    }
    bundle_list(r->view, all, (uint32_t)total, &r->shape, &r->out);
    r->total = (uint32_t)total;
    r->status = 200;
    return true;
}

static bool do_get(struct request *r)
{
    if (!r->segments)
        return fail(r, 400, "processing",
                    "searching all types at once is not supported; "
                    "name one, as in Patient?name=x");
    bool metadata = r->segments == 1 && is(r->path[0], "metadata");
    const struct r4_type *type = metadata ? NULL : type_of(r);
    if (!metadata && !type)
        return false;
    if (!metadata && r->segments == 1)
        return search(r, type, r->raw); /* which reads all of its parameters */
    if (!query_read_shape(r->raw, &r->pool, &r->shape, &r->fault))
        return false;
    if (metadata) {
        metadata_write(r->view, &r->out);
        r->status = 200;
        return true;
    }
    if (r->segments == 2)
        return read_latest(r, type, r->path[1]);
    if (is(r->path[2], "_history"))
        return r->segments == 3   ? read_history(r, type, r->path[1])
               : r->segments == 4 ? read_version(r, type, r->path[1], r->path[3])
                                  : not_found(r, type, r->path[1]);
    if (r->segments == 3 && is(r->path[2], "$everything") && is(type->name, "Patient"))
        return everything(r, type, r->path[1]);
    return fail(r, 404, "not-found", "there is nothing under this path");
}

static bool is_id(grasp_str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i], lower = (char)(c | 0x20);
        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return false;
    }
    return id.len > 0 && id.len <= 64;
}

static bool write_resource(struct request *r, const struct r4_type *type, grasp_str id)
{
    bool created;
    uint32_t handle = view_write(r->writable, type, id, r->body, &r->pool, &created, &r->fault);
    if (handle == VIEW_NONE)
        return false;
    locate(r, type, handle);
    show_resource(r->view, handle, NULL, &r->out);
    r->status = created ? 201 : 200;
    return true;
}

static bool do_post(struct request *r)
{
    if (!r->segments)
        return fail(r, 400, "not-supported", "batches and transactions are not supported");
    const struct r4_type *type = type_of(r);
    if (!type)
        return false;
    if (r->segments == 2 && is(r->path[1], "_search")) {
        grasp_str raw =
            pool_format(&r->pool, "%.*s&%.*s", (int)r->raw.len, r->raw.ptr,
                        (int)(r->body.len < FHIR_URL_MAX ? r->body.len : 0), r->body.ptr);
        return r->body.len < FHIR_URL_MAX
                   ? search(r, type, raw)
                   : fail(r, 413, "too-long", "the parameters have more than 65536 bytes");
    }
    if (r->segments != 1)
        return fail(r, 404, "not-found", "POST goes to a type, as in POST Observation");
    return write_resource(r, type, (grasp_str){"", 0});
}

static bool do_put(struct request *r)
{
    const struct r4_type *type = r->segments ? type_of(r) : NULL;
    if (r->segments != 2)
        return r->fault.status ? false
                               : fail(r, 400, "processing",
                                      "PUT goes to Type/id; conditional updates "
                                      "are not supported");
    if (!type)
        return false;
    if (!is_id(r->path[1]))
        return fail(r, 400, "invalid", "an id is 1 to 64 letters, digits, '-' and '.'");
    const char *why;
    size_t at;
    grasp_str id = scan_check(r->body, &why, &at) ? scan_get(scan_strip(r->body), SLICE("id"))
                                                  : (grasp_str){"", 0};
    if (id.len && (!scan_is_string(id) || !slice_eq(slice_cut(id, 1, id.len - 1), r->path[1])))
        return fail(r, 400, "invalid", "the id in the body is not that of the URL");
    return write_resource(r, type, r->path[1]);
}

static bool do_delete(struct request *r)
{
    const struct r4_type *type = r->segments ? type_of(r) : NULL;
    if (r->segments != 2)
        return r->fault.status ? false
                               : fail(r, 400, "processing",
                                      "DELETE goes to Type/id; conditional "
                                      "deletes are not supported");
    if (!type || !view_delete(r->writable, type, r->path[1], &r->pool, &r->fault))
        return false;
    show_outcome(&r->out, "information", "informational", SLICE("deleted, if it was there"));
    r->status = 200;
    return true;
}

static bool dispatch(struct request *r, grasp_str method)
{
    if (is(method, "GET") || is(method, "HEAD"))
        return do_get(r);
    bool search_only = is(method, "POST") && r->segments == 2 && is(r->path[1], "_search");
    if (!r->writable && !search_only)
        return fail(r, 405, "not-supported", "this server is read-only");
    if (is(method, "POST"))
        return do_post(r);
    if (is(method, "PUT"))
        return do_put(r);
    if (is(method, "DELETE"))
        return do_delete(r);
    return fail(r, 405, "not-supported", "this server knows GET, POST, PUT and DELETE");
}

/* Moves the text into the answer, indented if that is wanted. */
static void finish(struct request *r, struct fhir_answer *answer)
{
    if (r->out.failed) {
        text_reset(&r->out);
        fault_set(&r->fault, &r->pool, 413, "too-costly",
                  "the answer would be larger than 1 GiB; "
                  "ask for less with _count");
        show_outcome(&r->out, "error", r->fault.code, r->fault.text);
        r->status = r->fault.status;
    } else if (r->shape.pretty && r->status < 400) {
        struct text pretty = {.limit = BODY_MAX};
        show_pretty(text_view(&r->out), &pretty);
        text_free(&r->out);
        r->out = pretty;
    }
    text_char(&r->out, 0);
    r->out.len--;
    answer->status = r->status;
    answer->total = r->total;
    answer->body = r->out.ptr;
    answer->len = r->out.len;
    answer->capacity = r->out.capacity;
    memcpy(answer->location, r->location, sizeof(answer->location));
}

static int32_t run(const struct fhir_view *view, struct fhir_view *writable, grasp_str method,
                   grasp_str url, grasp_str body, struct fhir_answer *answer)
{
    char first[2048] = {0}; /* most requests need no more memory than this */
    struct request r = {
        .view = view,
        .writable = writable,
        .pool = {.at = first, .left = sizeof(first)},
        .body = body,
        .out = {.ptr = answer->body, .capacity = answer->capacity, .limit = BODY_MAX},
    };
    if (!read_url(&r, url) || !dispatch(&r, method)) {
        text_reset(&r.out);
        show_outcome(&r.out, "error", r.fault.code, r.fault.text);
        r.status = r.fault.status;
    }
    finish(&r, answer);
    pool_free(&r.pool);
    return answer->status;
}

static grasp_str text_of(struct fhir_text text)
{
    return (grasp_str){text.ptr ? text.ptr : "", text.len};
}

int32_t fhir_request(struct fhir_view *view, struct fhir_text method, struct fhir_text url,
                     struct fhir_text body, struct fhir_answer *answer)
{
    return run(view, view, text_of(method), text_of(url), text_of(body), answer);
}

int32_t fhir_get(const struct fhir_view *view, struct fhir_text url, struct fhir_answer *answer)
{
    return run(view, NULL, SLICE("GET"), text_of(url), SLICE(""), answer);
}

int32_t fhir_read(const struct fhir_view *view, struct fhir_text type, struct fhir_text id,
                  struct fhir_answer *answer)
{
    CLEANUP_POOL struct pool pool = {0};
    grasp_str url = pool_format(&pool, "%.*s/", (int)(type.len < 100 ? type.len : 100), type.ptr);
    CLEANUP_TEXT struct text text = {0};
    text_str(&text, url);
    query_encode(&text, text_of(id));
    return run(view, NULL, SLICE("GET"), text_view(&text), SLICE(""), answer);
}

int32_t fhir_put(struct fhir_view *view, struct fhir_text json, struct fhir_answer *answer)
{
    CLEANUP_POOL struct pool pool = {0};
    const char *why;
    size_t at;
    grasp_str resource = text_of(json), type = SLICE(""), id = SLICE("");
    if (scan_check(resource, &why, &at)) {
        type = scan_string(scan_get(scan_strip(resource), SLICE("resourceType")), &pool);
        id = scan_string(scan_get(scan_strip(resource), SLICE("id")), &pool);
    }
    CLEANUP_TEXT struct text url = {0};
    query_encode(&url, type);
    text_char(&url, '/');
    query_encode(&url, id);
    return run(view, view, id.len ? SLICE("PUT") : SLICE("POST"), text_view(&url), resource,
               answer);
}

void fhir_answer_free(struct fhir_answer *answer)
{
    free(answer->body);
    memset(answer, 0, sizeof(*answer));
}
