/* SPDX-License-Identifier: MIT */
/* "grasp.http/1", offered by the host: HTTP requests on the host's loop and under its limits. The
 * worker that calls waits; the loop does not. A task that uses it in begin or step says
 * "blocking": true in its info. */
#ifndef GRASP_EXT_HTTP_H
#define GRASP_EXT_HTTP_H

#include <grasp/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRASP_EXT_HTTP "grasp.http/1"

/* method: "GET" if empty. headers: JSON object of strings, or empty. timeout_ms: for the whole
 * exchange, 0 for 60,000. max_bytes: of the reply's body, 0 for 16 MiB. */
typedef struct grasp_http_request {
    uint32_t size;
    uint32_t timeout_ms;
    grasp_str method;
    grasp_str url; /* http:// or https:// */
    grasp_str headers;
    grasp_str body;
    uint64_t max_bytes;
    /* Whose credentials the host adds as the header Authorization: "google" for Google's
     * application default credentials, renewed before they expire, and once when the answer is
     * 401. They go to https:// or to this machine alone. Empty: none. GRASP_E_UNAVAILABLE when they
     * cannot be had now, GRASP_E_FAILED when they never can, as for a wrong key. */
    grasp_str credentials;
} grasp_http_request;

/* status: of HTTP. headers: JSON object, names in lower case. The texts live until the call
 * returns. Stars stand for a secret that the service shows again: what follows the last space in a
 * header that was sent under a name with auth, key, token, secret, cookie or password in it, if it
 * has 8 bytes or more. */
typedef struct grasp_http_response {
    uint32_t size;
    int32_t status;
    grasp_str headers;
    grasp_str body;
} grasp_http_response;

typedef struct grasp_http {
    uint32_t size;
    uint32_t reserved;

    /* Sends one request, no retry, redirects not followed. The caller sets response->size.
     * GRASP_E_UNAVAILABLE when there is no answer, GRASP_E_TOO_LARGE for too long a body. */
    int32_t (*request)(grasp_call *call, const grasp_http_request *request,
                       grasp_http_response *response);
} grasp_http;

#ifdef __cplusplus
}
#endif

#endif
