/* SPDX-License-Identifier: MIT */
/* The same requests to a FHIR server, through the host's http. */
#pragma once

#include "source.h"

/* Takes the address of a server: `base` as it was given, or "google" for the cloud store that
 * FHIR_PROJECT_ID, FHIR_LOCATION, FHIR_DATASET_ID and FHIR_STORE_ID name. */
int32_t server_open(grasp_call *call, struct source *source, grasp_str base);

int32_t server_of_patient(grasp_call *call, const struct source *source, grasp_str type,
                          grasp_str patient, struct found *out);
int32_t server_of_id(grasp_call *call, const struct source *source, grasp_str type, grasp_str id,
                     struct found *out);
/* The one resource with this id, in either mode. */
int32_t server_find(grasp_call *call, const struct source *source, grasp_str type, grasp_str id,
                    struct found *out);
int32_t server_request(grasp_call *call, const struct source *source, grasp_str request,
                       struct found *out);
