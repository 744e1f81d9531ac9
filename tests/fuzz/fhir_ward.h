/* SPDX-License-Identifier: MIT */
/* The store that the fuzz targets of the FHIR store ask, and what must hold of every answer. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fhir/fhir.h"
#include "common/fhir/json_scan.h"
#include "fuzz.h"

static const char fhir_ward[] =
    "{\"resourceType\":\"Patient\",\"id\":\"S1\",\"identifier\":[{\"system\":\"urn:mrn\",\"value\":"
    "\"S1\"}],\"name\":[{\"family\":\"Stafford\",\"given\":[\"Peter\",\"Jos\xc3\xa9\"]}],"
    "\"birthDate\":\"1932-12-29\",\"telecom\":[{\"system\":\"phone\",\"value\":\"1\"}]}\n"
    "{\"resourceType\":\"Observation\",\"id\":\"o1\",\"status\":\"final\",\"category\":[{"
    "\"coding\":"
    "[{\"code\":\"laboratory\"}]}],\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":"
    "\"MG\"}],\"text\":\"MG\"},\"subject\":{\"reference\":\"Patient/S1\"},\"effectiveDateTime\":"
    "\"2023-11-12T20:00:00+00:00\",\"valueQuantity\":{\"value\":1.9,\"unit\":\"mg/dL\"}}\n"
    "{\"resourceType\":\"Observation\",\"id\":\"o2\",\"code\":{\"coding\":[{\"code\":\"K\"}]},"
    "\"subject\":{\"reference\":\"Patient/S1\"},\"effectivePeriod\":{\"start\":\"2023-11-10\"},"
    "\"meta\":{\"versionId\":\"3\",\"lastUpdated\":\"2024-06-02T00:00:00.000+00:00\"}}\n";

static inline struct fhir_store *fhir_ward_store(void)
{
    static struct fhir_store *store;
    if (!store && fhir_open_text((struct fhir_text){fhir_ward, sizeof(fhir_ward) - 1}, "ward", NULL,
                                 &store, NULL))
        abort();
    return store;
}

/* An answer is JSON, and says with an OperationOutcome why it is none. */
static inline void fhir_check(const struct fhir_answer *answer)
{
    const char *why;
    size_t at;
    if (!scan_check((grasp_str){answer->body, answer->len}, &why, &at) ||
        (answer->status >= 400) !=
            (strncmp(answer->body, "{\"resourceType\":\"OperationOutcome\"", 33) == 0 &&
             strstr(answer->body, "\"severity\":\"error\""))) {
        fprintf(stderr, "%d %s\n", answer->status, answer->body);
        abort();
    }
}

static inline void fhir_ask(const struct fhir_view *view, const char *url)
{
    struct fhir_answer answer = {0};
    fhir_get(view, (struct fhir_text){url, strlen(url)}, &answer);
    fhir_check(&answer);
    fhir_answer_free(&answer);
}

/* Searches that look at everything a resource may have. */
static inline void fhir_look(const struct fhir_view *view)
{
    static const char *const urls[] = {
        "Patient?name=a&_sort=family,-birthdate&_revinclude=Observation:patient",
        "Patient?birthdate=ge1900&identifier=x,S1&_has:Observation:patient:code=MG",
        "Patient?telecom=1&deceased=false&address:contains=e&general-practitioner:missing=true",
        "Observation?code=MG,K&patient=S1&date=ge2000&_sort=-date&_include=*",
        "Observation?value-quantity=gt1&category=x,laboratory&_elements=status,meta",
        "Observation?code:text=m&subject:Patient.name=s&_summary=true&_pretty=true",
        "Observation?_lastUpdated=ge2000&_sort=-_lastUpdated,code,subject,value-quantity",
        "Observation?subject:identifier=a|b&code:not=K",
        "Patient/S1/$everything",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
        fhir_ask(view, urls[i]);
}
