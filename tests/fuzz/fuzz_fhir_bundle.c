/* SPDX-License-Identifier: MIT */
/* Any text as data: it is refused with a reason, or makes a store that answers. */
#include "fhir_ward.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"data", "data.ndjson", "data.json"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct fhir_store *store;
        struct fhir_error error = {{0}};
        struct fhir_text text = {(const char *)data, size};
        if (fhir_open_text(text, names[i], NULL, &store, &error)) {
            if (strncmp(error.text, names[i], strlen(names[i])) != 0)
                abort();
            continue;
        }
        struct fhir_view *view = fhir_view_new(store);
        fhir_look(view);
        fhir_view_free(view);
        fhir_close(store);
    }
    return 0;
}
