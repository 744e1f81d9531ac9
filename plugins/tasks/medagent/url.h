/* SPDX-License-Identifier: MIT */
/* Addresses as an agent writes them, and as they are sent. */
#pragma once

#include "common/pool.h"
#include <stdbool.h>

/* Percent-encodes what may not stand in an address (blanks, line ends, brackets in the query,
 * bytes beyond ASCII), drops a fragment, and writes scheme and host in lower case. False for what
 * has no http scheme or host. */
bool url_normalize(struct pool *pool, grasp_str url, grasp_str *out);
/* Scheme, host and port: "http://localhost:8080" of a normalized address. */
grasp_str url_origin(grasp_str url);
/* Does the path have a part ".."? */
bool url_climbs(grasp_str url);
