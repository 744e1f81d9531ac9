/* SPDX-License-Identifier: MIT */
/* Any text as the parameters of a search, over a store with changes laid on it. */
#include "fhir_ward.h"

static struct fhir_view *changed_view(void)
{
    static struct fhir_view *view;
    struct fhir_answer answer = {0};
    if (view)
        return view;
    view = fhir_view_new(fhir_ward_store());
    fhir_put(view,
             FHIR_TEXT("{\"resourceType\":\"Observation\",\"id\":\"o2\",\"code\":{\"text\":\"k\"},"
                       "\"subject\":{\"reference\":\"Patient/S1\"}}"),
             &answer);
    fhir_put(view, FHIR_TEXT("{\"resourceType\":\"Patient\",\"id\":\"S2\"}"), &answer);
    fhir_answer_free(&answer);
    return view;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"Observation?", "Patient?", "MedicationRequest?", "Goal?"};
    struct fhir_answer answer = {0};
    if (!size || size > 4096)
        return 0;
    char *url = malloc(size + 64);
    if (!url)
        abort();
    strcpy(url, types[data[0] % 4]);
    size_t len = strlen(url);
    memcpy(url + len, data + 1, size - 1);
    fhir_get(changed_view(), (struct fhir_text){url, len + size - 1}, &answer);
    fhir_check(&answer);
    free(url);
    fhir_answer_free(&answer);
    return 0;
}
