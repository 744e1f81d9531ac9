/* SPDX-License-Identifier: MIT */
/* Where the chart is: the store in the box, or a FHIR server. */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>

#include "common/fhir/fhir.h"
#include "common/text.h"
#include "invented.h"

/* Resources of a whole type: more are refused, since no agent can do anything with them. */
#define SOURCE_MOST 20000

struct source {
    const grasp_json *json;
    /* Without either it is a server at `base`. */
    struct fhir_store *store;
    struct invented *invented;
    grasp_str base; /* NUL-terminated, with a slash at its end; owned */
    bool lenient;   /* unknown search parameters are ignored, as the cloud store does */
    uint32_t timeout_ms;
    bool google;    /* the server takes Google's credentials */
    grasp_str kept; /* folder of a server's answers (answers.h); empty for none */
};

void source_close(struct source *source);
bool source_is_server(const struct source *source);

/* What a request gave. error: for what an agent asked wrongly, a sentence for it; then nothing was
 * found. */
struct found {
    struct text array; /* JSON array of resources */
    struct text error;
};
void found_free(struct found *found);
#define CLEANUP_FOUND __attribute__((cleanup(found_free)))

/* All resources of a type that are the patient's, or that have the id, without `text` and `meta`.
 * GRASP_E_UNAVAILABLE when a server does not answer, or not as one in order would. [shared] */
int32_t source_of_patient(grasp_call *call, const struct source *source, grasp_str type,
                          grasp_str patient, struct found *out);
int32_t source_of_id(grasp_call *call, const struct source *source, grasp_str type, grasp_str id,
                     struct found *out);
/* The first page of any search, or a resource read by "Type/id", as they are. */
int32_t source_request(grasp_call *call, const struct source *source, grasp_str request,
                       struct found *out);
/* Is the patient there? */
int32_t source_has_patient(grasp_call *call, const struct source *source, grasp_str patient,
                           bool *out);
