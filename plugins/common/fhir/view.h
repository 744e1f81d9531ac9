/* SPDX-License-Identifier: MIT */
/* What is behind struct fhir_view. */
#pragma once

#include "common/pool.h"
#include "common/text.h"
#include "query.h"
#include "store.h"

/* A version that a view wrote. Each is kept, for _history. */
struct change {
    const struct r4_type *type;
    grasp_str id, text; /* text: with its meta; empty when deleted */
    uint32_t version;
    uint32_t previous; /* change of the same resource, or UINT32_MAX */
    uint32_t row;      /* of the store, which it hides, or UINT32_MAX */
    bool is_latest;
    int64_t when;
};

struct fhir_view {
    const struct fhir_store *store;
    char *base;            /* ends in "/" */
    const char *base_path; /* of it: "/fhir/" */
    struct pool pool;      /* of the changes */
    struct change *changes;
    size_t change_count, change_capacity;
    uint32_t *by_id; /* change + 1 of the latest, by hash of type and id */
    size_t by_id_size;
    size_t used; /* bytes of text */
    uint64_t next_id;
    int64_t now;
};

/* A resource of a view: a row of the store, or VIEW_CHANGE + the number of a change. */
#define VIEW_CHANGE 0x80000000u
#define VIEW_NONE UINT32_MAX

grasp_str view_text(const struct fhir_view *view, uint32_t handle);
grasp_str view_id(const struct fhir_view *view, uint32_t handle);
const struct r4_type *view_type(const struct fhir_view *view, uint32_t handle);
/* The latest version, perhaps a deletion (of which view_text is empty). */
uint32_t view_find(const struct fhir_view *view, const struct r4_type *type, grasp_str id);
/* Is the store's row replaced or deleted in this view? */
bool view_hides(const struct fhir_view *view, uint32_t row);

/* Writing: the resource that was made, or VIEW_NONE with the fault. *out_created: it is new. */
uint32_t view_write(struct fhir_view *view, const struct r4_type *type, grasp_str id,
                    grasp_str resource, struct pool *pool, bool *out_created, struct fault *fault);
bool view_delete(struct fhir_view *view, const struct r4_type *type, grasp_str id,
                 struct pool *pool, struct fault *fault);

/* search.c: the handles that match, in order; allocated, freed by the caller. */
bool search_run(const struct fhir_view *view, struct query *query, struct pool *pool,
                uint32_t **out_found, uint32_t *out_count, struct fault *fault);
bool search_read(const struct fhir_view *view, const struct r4_type *type, grasp_str raw,
                 struct pool *pool, struct query *out, struct fault *fault);

/* sort.c */
void sort_found(const struct fhir_view *view, const struct query *query, uint32_t *found,
                uint32_t count);

/* bundle.c */
void bundle_search(const struct fhir_view *view, const struct query *query, const uint32_t *found,
                   uint32_t count, struct pool *pool, struct text *out);
/* All versions of one resource, the latest first. */
void bundle_history(const struct fhir_view *view, const struct r4_type *type, grasp_str id,
                    struct text *out);
void bundle_list(const struct fhir_view *view, const uint32_t *found, uint32_t count,
                 const struct shape *shape, struct text *out);

/* show.c: a resource as it is shown. */
struct shown {
    uint32_t handle;
    grasp_str text, id;
};
/* The first of some that are shown one after the other (store_read). */
void show_read(const struct fhir_view *view, const uint32_t *handles, uint32_t count,
               struct window *window, struct shown *out);
void show_text(const struct fhir_view *view, const struct shown *shown, const struct shape *shape,
               struct text *out);
void show_resource(const struct fhir_view *view, uint32_t handle, const struct shape *shape,
                   struct text *out);
void show_pretty(grasp_str json, struct text *out);
void show_outcome(struct text *out, const char *severity, const char *code, grasp_str text);

/* metadata.c */
void metadata_write(const struct fhir_view *view, struct text *out);
