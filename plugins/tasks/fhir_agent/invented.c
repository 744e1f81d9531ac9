/* SPDX-License-Identifier: MIT */
#include "invented.h"

#include <grasp/helpers.h>
#include <pthread.h>
#include <stdlib.h>

struct invented {
    struct mimic_options options;
    pthread_mutex_t mutex;
    struct fhir_store *store; /* with the mutex; NULL: nobody has wanted it */
};

struct invented *invented_new(const struct mimic_options *options)
{
    struct invented *invented = calloc(1, sizeof(*invented));
    if (!invented)
        return NULL;
    invented->options = *options;
    pthread_mutex_init(&invented->mutex, NULL);
    return invented;
}

void invented_free(struct invented *invented)
{
    if (!invented)
        return;
    fhir_close(invented->store);
    pthread_mutex_destroy(&invented->mutex);
    free(invented);
}

static int32_t make(grasp_call *call, struct invented *invented)
{
    static const struct fhir_options as_stored = {.as_stored = 1};
    char *resources;
    size_t len;
    struct fhir_error error;
    if (mimic_build_resources(&invented->options, &resources, &len))
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the invented patients");
    int status = fhir_open_text((struct fhir_text){resources, len}, "the invented patients",
                                &as_stored, &invented->store, &error);
    free(resources);
    return status ? grasp_fail(call, GRASP_E_FAILED, "%s", error.text) : GRASP_OK;
}

int32_t invented_store(grasp_call *call, struct invented *invented, struct fhir_store **out)
{
    pthread_mutex_lock(&invented->mutex);
    int32_t status = invented->store ? GRASP_OK : make(call, invented);
    *out = invented->store;
    pthread_mutex_unlock(&invented->mutex);
    return status;
}
