/* SPDX-License-Identifier: MIT */
/* What is behind struct fhir_store. */
#pragma once

#include "fhir.h"
#include "index.h"

struct source {
    char *name; /* as errors call it */
    const char *text;
    uint64_t len;
    int64_t modified; /* ns since 1970 */
    int fd;           /* of the mapped file, or -1 */
    void *map;        /* the text, if it is a mapped file */
    char *heap;       /* the text, if it was copied */
};

/* Mapped text that was read since its pages were last let go. */
struct touched {
    uint64_t block, bytes;
};

struct fhir_store {
    char *base; /* ends in "/" */
    bool as_stored;
    bool cached;
    int64_t cache_from;
    struct source *sources;
    uint32_t source_count;
    struct index index;
    struct touched touched;
};

__attribute__((format(printf, 2, 3))) int store_fail(struct fhir_error *error, const char *format,
                                                     ...);
grasp_str store_text(const struct fhir_store *store, uint32_t row);
grasp_str store_id(const struct fhir_store *store, uint32_t row);
grasp_str store_row_id(const struct fhir_store *store, const struct row *row);
/* The row of a resource, or UINT32_MAX. */
uint32_t store_find(const struct fhir_store *store, uint32_t type, grasp_str id);
/* A piece of a source, read rather than mapped: copying a few hundred bytes costs less than mapping
 * their page and letting it go again. A zeroed `source` is an empty window. */
#define STORE_WINDOW 16384
struct window {
    const struct source *source;
    uint64_t from;
    uint32_t len;
    char text[STORE_WINDOW];
};
/* The text of the first of some rows that are asked for one after the other, until the window is
 * used again. Those that lie close by are read into it together. Larger ones are mapped. */
grasp_str store_read(const struct fhir_store *store, const uint32_t *rows, uint32_t count,
                     struct window *window);
/* Says that a resource's mapped text was read. Now and then the pages of what was read are given
 * back to the system, which keeps them in its cache, so that a large store does not fill the
 * memory. */
void store_touch(const struct fhir_store *store, const struct row *row);

/* index_build.c: reads all sources. */
int index_build(struct fhir_store *store, struct fhir_error *error);

/* index_file.c: the index of the sources in `path`; false if there is none that fits them. */
bool index_file_load(struct fhir_store *store, const char *path);
/* Writes it; that it cannot be written is no fault. */
void index_file_save(const struct fhir_store *store, const char *path);
