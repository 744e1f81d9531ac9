/* SPDX-License-Identifier: MIT */
/*
 * A FHIR R4 store that answers as a HAPI server does, in process.
 *
 *   store    the data: immutable, memory-mapped, indexed once, shared by any number of threads
 *   view     a store and the changes made through this view, which no other view ever sees: one
 *            per episode, cheap to make and to drop
 *   answer   what a request gave: a status and the text of a resource, a Bundle or an
 *            OperationOutcome
 *
 *     struct fhir_store *store;
 *     struct fhir_error error;
 *     struct fhir_answer answer = {0};
 *     if (fhir_open("cohort", NULL, &store, &error))
 *         puts(error.text);
 *     struct fhir_view *view = fhir_view_new(store);
 *     fhir_get(view, FHIR_TEXT("Observation?patient=S1&code=MG&_count=5000"), &answer);
 *     ... answer.status is 200, answer.body a searchset ...
 *     fhir_answer_free(&answer);
 *     fhir_view_free(view);
 *     fhir_close(store);
 *
 * What is searched how, and where that differs from other servers: docs/fhir.md. This header needs
 * nothing but libc, so that programs and plugins alike may use it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A borrowed UTF-8 text; need not end in NUL. */
struct fhir_text {
    const char *ptr;
    size_t len;
};
#define FHIR_TEXT(literal) ((struct fhir_text){"" literal, sizeof(literal) - 1})

#define FHIR_CONTENT_TYPE "application/fhir+json;charset=UTF-8"
#define FHIR_BASE "http://localhost:8080/fhir/"
/* What resources without meta.lastUpdated get, and writes unless fhir_view_now says otherwise. */
#define FHIR_LAST_UPDATED "2024-06-01T00:00:00.000+00:00"
#define FHIR_PAGE 20        /* entries of a page unless _count says otherwise, as HAPI's */
#define FHIR_PAGE_MAX 10000 /* the largest _count; a larger one means this */
#define FHIR_URL_MAX 65536  /* bytes; longer ones get 414 */

struct fhir_store;
struct fhir_view;

/* Why a store cannot be opened: what is wrong, in which file and line, and what to do. */
struct fhir_error {
    char text[768];
};

/* Zero or NULL is the default of each. */
struct fhir_options {
    const char *base; /* what URLs in answers start with, ending in "/": FHIR_BASE */
    /* Resources are shown as they are stored. Otherwise a missing meta.versionId or
     * meta.lastUpdated is filled in ("1", FHIR_LAST_UPDATED), as a server would have done. */
    int32_t as_stored;
    /* Data of so many bytes and more keeps its index in a file beside it: 8 MiB. So does the text
     * of a packed file of an eighth of that and more. A data folder that cannot be written is no
     * fault. Negative: never. */
    int64_t cache_from;
};

/*
 * Opens one file or all of a folder. *.ndjson and *.jsonl hold a resource per line; *.json a
 * resource, a Bundle, or an array of resources; other files of a folder are left alone. What gzip
 * made of them, as *.ndjson.gz, is unpacked, into a file without a name in TMPDIR if it is not
 * kept. Order is that of the files' names, then that within a file. The files must not change while
 * the store is open. Returns 0, or -1 with error filled: a file that is not JSON (with its line),
 * damaged gzip data, a resource without resourceType or id or of a type that R4 does not have, an
 * id given twice, a folder without resources.
 */
int fhir_open(const char *path, const struct fhir_options *options, struct fhir_store **out,
              struct fhir_error *error);
/* The same from memory (NDJSON, a resource, a Bundle or an array), which is copied. `name` stands
 * for the file in errors. An empty text is an empty store. */
int fhir_open_text(struct fhir_text text, const char *name, const struct fhir_options *options,
                   struct fhir_store **out, struct fhir_error *error);
void fhir_close(struct fhir_store *store);           /* after its views; NULL is fine */
uint64_t fhir_count(const struct fhir_store *store); /* resources */
/* Was the index read from its file, rather than built? */
int32_t fhir_index_was_cached(const struct fhir_store *store);

/* Views. Requests that only read may run on one view from several threads at once; one that writes
 * must be alone on its view. */
struct fhir_view *fhir_view_new(const struct fhir_store *store);
void fhir_view_free(struct fhir_view *view);  /* NULL is fine */
void fhir_view_reset(struct fhir_view *view); /* forgets its changes */
/* The time that writes get from now on, in milliseconds since 1970 (UTC). */
void fhir_view_now(struct fhir_view *view, int64_t ms);

/* What URLs in its answers start with from now on, rather than the store's base. */
void fhir_view_base(struct fhir_view *view, const char *base);

/* A zeroed struct is an empty answer; the next request reuses its memory. */
struct fhir_answer {
    int32_t status; /* as of HTTP: 200, 201, 400, 404, 410, ... */
    uint32_t total; /* matches of a search, on all pages */
    char *body;     /* NUL-terminated JSON */
    size_t len;
    size_t capacity;
    char location[192]; /* of what was written, Type/id/_history/version; else "" */
};
void fhir_answer_free(struct fhir_answer *answer);

/*
 * One request, as over HTTP. The URL may be relative ("Patient?name=x", "/Patient/1") or absolute;
 * of an absolute one everything through "/fhir/", or else through the host, is dropped. Escapes
 * are decoded here. Always fills the answer, with an OperationOutcome if it fails, and returns its
 * status.
 *
 *   GET     Type?search · Type/id · Type/id/_history[/version] · Patient/id/$everything · metadata
 *   POST    Type (create, 201) · Type/_search (the body holds the parameters)
 *   PUT     Type/id (update, 200 or 201)
 *   DELETE  Type/id (200)
 */
int32_t fhir_request(struct fhir_view *view, struct fhir_text method, struct fhir_text url,
                     struct fhir_text body, struct fhir_answer *answer);
int32_t fhir_get(const struct fhir_view *view, struct fhir_text url, struct fhir_answer *answer);
/* The resource alone, without a URL: 200, 404 (unknown) or 410 (deleted). */
int32_t fhir_read(const struct fhir_view *view, struct fhir_text type, struct fhir_text id,
                  struct fhir_answer *answer);
/* Creates or replaces the resource in `json` under its own type and id, as PUT does. */
int32_t fhir_put(struct fhir_view *view, struct fhir_text json, struct fhir_answer *answer);
