/* SPDX-License-Identifier: MIT */
/* Any text as the URL of a request. */
#include "fhir_ward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = {"GET", "DELETE", "POST", "PUT"};
    struct fhir_answer answer = {0};
    struct fhir_view *view = fhir_view_new(fhir_ward_store());
    if (size) {
        const char *method = methods[data[0] % 4];
        fhir_request(view, (struct fhir_text){method, strlen(method)},
                     (struct fhir_text){(const char *)data + 1, size - 1},
                     FHIR_TEXT("{\"resourceType\":\"Patient\"}"), &answer);
        fhir_check(&answer);
        fhir_look(view);
    }
    fhir_answer_free(&answer);
    fhir_view_free(view);
    return 0;
}
