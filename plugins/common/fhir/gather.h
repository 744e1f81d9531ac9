/* SPDX-License-Identifier: MIT */
/*
 * All resources of a type at once, as FHIR-AgentBench's retrieval tools ask for them
 * (spec/fhir_agent.md 5.1, 15): without pages, `text` and `meta` left out. In the order of the
 * data. Needs nothing but libc.
 */
#pragma once

#include "fhir.h"

/* What a server does with a search parameter that it does not know. */
enum fhir_gather_mode {
    /* `id` is `_id`; `patient` of Patient is that patient, of Medication what the patient's
     * resources refer to and its ingredients, of Location where the patient's encounters were. */
    FHIR_GATHER_SANE,
    /* Ignores it, as the cloud store does: `id` always, and `patient` of types that have no such
     * parameter, give the whole type. */
    FHIR_GATHER_LENIENT,
};

/* Resources of a whole type, unless `most` says otherwise: the demo's 17,552 MedicationRequests
 * fit, its 813,540 Observations do not. What is one patient's is never too much. */
#define FHIR_GATHER_MOST 20000

/* T?patient=P: 200 with a JSON array in answer->body and in answer->total how many, perhaps 0. Else
 * 404 (no such type), 400 (a type that has no patient, when sane) or 413 (a whole type of more than
 * `most`; 0: FHIR_GATHER_MOST), with {"error": "..."} in the body. Returns the status. A patient
 * may be written as "Patient/P". [shared] */
int32_t fhir_gather_patient(const struct fhir_store *store, enum fhir_gather_mode mode,
                            struct fhir_text type, struct fhir_text patient, uint32_t most,
                            struct fhir_answer *answer);
/* T?id=X: the same. An empty id gives the whole type, as lenient mode always does. [shared] */
int32_t fhir_gather_id(const struct fhir_store *store, enum fhir_gather_mode mode,
                       struct fhir_text type, struct fhir_text id, uint32_t most,
                       struct fhir_answer *answer);
