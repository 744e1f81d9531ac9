/* SPDX-License-Identifier: MIT */
/* The reference's ways to write down an agent, turned into ours. */
#pragma once

#include "base/json.h"

/* block: {module, parameters} as the reference has it, its flat form without a client ({model,
 * base_url}), or our form, with variables expanded. out_at: where a fault is, as a dotted path;
 * the caller frees it. */
int block_flatten(const struct json *block, struct json **out, char **out_at, struct err *err);
