/* SPDX-License-Identifier: MIT */
/* Credentials for a FHIR server. They come from the environment and are in no file, log or error.
 */
#pragma once

#include <grasp/grasp.h>

/* Google's token while it is valid. Thread-safe. */
struct tokens;
struct tokens *tokens_open(void); /* NULL without memory */
void tokens_close(struct tokens *tokens);

/* *out: JSON object with the headers of a request to `base`, in the call's memory: FHIR_TOKEN as a
 * bearer token; for the cloud store, without it, GOOGLE_OAUTH_ACCESS_TOKEN, else a token for
 * Google's application-default credentials: what `gcloud auth application-default login` has left
 * (or GOOGLE_APPLICATION_CREDENTIALS names), or those of a machine in the cloud. The keys of
 * service accounts are refused: they would have to sign. May block. [shared] */
int32_t token_headers(grasp_call *call, struct tokens *tokens, grasp_str base, grasp_str *out);
