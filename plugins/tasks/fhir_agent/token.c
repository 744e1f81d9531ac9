/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <stdlib.h>

#include "common/slice.h"
#include "common/text.h"

#define GOOGLE "https://healthcare.googleapis.com/"

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

int32_t token_headers(grasp_call *call, grasp_str base, grasp_str *out)
{
    struct text headers CLEANUP_TEXT = {0}, bearer CLEANUP_TEXT = {0};
    const char *token = from_environment("FHIR_TOKEN");
    if (!token && grasp_starts(base, GOOGLE))
        token = from_environment("GOOGLE_OAUTH_ACCESS_TOKEN");
    if (!token && grasp_starts(base, GOOGLE))
        return grasp_fail(call, GRASP_E_INVALID,
                          "the cloud store needs a token in GOOGLE_OAUTH_ACCESS_TOKEN, as `gcloud "
                          "auth print-access-token` prints it");
    text_put(&headers, "{\"accept\": \"application/fhir+json\"");
    if (token) {
        text_put(&bearer, "Bearer ");
        text_put(&bearer, token);
        text_put(&headers, ", \"authorization\": ");
        text_json(&headers, text_view(&bearer));
    }
    text_char(&headers, '}');
    *out = grasp_format(call, "%s", text_view(&headers).ptr);
    return out->len ? GRASP_OK : grasp_fail(call, GRASP_E_NOMEM, "no memory for headers");
}
