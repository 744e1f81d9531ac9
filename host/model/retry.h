/* SPDX-License-Identifier: MIT */
/* How long to wait before the next attempt. Waiting never influences a result. */
#pragma once

#include "io/http.h"
#include "model/config.h"

/* What the text itself asks for (spec/grasp.md 5.2): "Limit resets at: 2030-01-31 12:00:00 UTC"
 * or "try again in 2.5 seconds", at most `most` seconds. False if it says nothing. */
bool retry_text_delay(struct str text, double most, int64_t now_ms, double *out_seconds);

/* What the headers ask for: Retry-After, or the resets of an exhausted rate limit. Not yet capped.
 * status: resets count with 429 only. */
bool retry_header_delay(const struct http_request *reply, int64_t now_ms, double *out_seconds);

/* The upper bound of the wait after attempt `attempt` (from 0): base * 2^attempt, capped. */
double retry_ceiling(const struct chat_config *config, unsigned attempt);

/* The wait before the next attempt, in milliseconds. reply: the failed exchange. */
uint64_t retry_delay_ms(const struct chat_config *config, unsigned attempt,
                        const struct http_request *reply);
