/* SPDX-License-Identifier: MIT */
/* Credentials for a FHIR server. They are read from the environment when a request is made, and
 * kept nowhere. */
#pragma once

#include <grasp/grasp.h>

/* *out: JSON object with the headers of a request to `base`, in the call's memory: FHIR_TOKEN as a
 * bearer token; for the cloud store GOOGLE_OAUTH_ACCESS_TOKEN, or what the host's Google
 * credentials give. */
int32_t token_headers(grasp_call *call, grasp_str base, grasp_str *out);
