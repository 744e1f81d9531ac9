/* SPDX-License-Identifier: MIT */
/* Where the chart is: a store of our own, or a server. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/fhir/fhir.h"

struct source {
    const grasp_json *json;
    grasp_str base; /* address with a slash at its end, NUL-terminated; owned */
    bool remote;    /* a server at that address; else `view` answers for it */
    bool reference; /* errors of the server are answers, as for the reference */
    uint32_t timeout_ms;
    struct fhir_store *store;
    struct fhir_view *view;
};

/* base: empty for the address of our own store. Copies it, with a slash at its end. */
int32_t source_open(grasp_call *call, struct source *source, grasp_str base);
void source_close(struct source *source);

/* status 0: there was no answer, and `error` says why. The texts live as long as the call. */
struct source_answer {
    int32_t status;
    bool plain_json; /* the content type is application/json and nothing more */
    grasp_str body;
    grasp_str error; /* for what is no success */
};

/* Sends one GET. An address that is not of this server is answered with an error.
 * GRASP_E_UNAVAILABLE with the reason when a server does not answer, or answers with what no FHIR
 * server in order would say: another try may find it well. Unless the reference is followed: then
 * that, too, is an answer. */
int32_t source_get(grasp_call *call, const struct source *source, grasp_str url,
                   struct source_answer *out);
/* The same below the base address. */
int32_t source_query(grasp_call *call, const struct source *source, grasp_str query,
                     struct source_answer *out);
