/* SPDX-License-Identifier: MIT */
/* Any text as the body of a write; what is taken is then searched and shown in every way. */
#include "fhir_ward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const urls[] = {"Patient/S1", "Observation/o1", "Observation/new"};
    struct fhir_answer answer = {0};
    struct fhir_text body = {(const char *)data, size};
    struct fhir_view *view = fhir_view_new(fhir_ward_store());
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
        fhir_request(view, FHIR_TEXT("PUT"), (struct fhir_text){urls[i], strlen(urls[i])}, body,
                     &answer);
        fhir_check(&answer);
    }
    fhir_put(view, body, &answer);
    fhir_check(&answer);
    fhir_look(view);
    fhir_ask(view, "Patient/S1/_history");
    fhir_answer_free(&answer);
    fhir_view_free(view);
    return 0;
}
