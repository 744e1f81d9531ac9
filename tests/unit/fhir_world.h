/* SPDX-License-Identifier: MIT */
/* A small ward in memory, and what searches of it find. */
#pragma once

#include "check.h"

#include "base/json.h"
#include "common/fhir/fhir.h"

struct fhir_world {
    struct fhir_store *store;
    struct fhir_view *view;
    struct fhir_answer answer;
    struct buf ids;
};

struct fhir_text fhir_world_text(const char *text);
/* The store of the text; the ward's own when it is NULL. */
void fhir_world_open(struct fhir_world *world, const char *text);
void fhir_world_close(struct fhir_world *world);

/* "o1 o2": the ids of a search's matches on this page, in order; a '+' before what is included.
 * An answer that is not 200 gives its status. */
const char *fhir_world_find(struct fhir_world *world, const char *url);
int fhir_world_request(struct fhir_world *world, const char *method, const char *url,
                       const char *body);
/* A value of the last answer by its path, as json_path; free it. NULL if there is none. */
struct json *fhir_world_answer(struct fhir_world *world);

struct fhir_case {
    const char *url, *ids;
};
/* Asks all, up to an entry without URL; prints the first that differs and fails. */
void fhir_world_ask(struct fhir_world *world, const struct fhir_case *cases);
