/* SPDX-License-Identifier: MIT */
/* Verdicts of an earlier run: the reference's eval_cache.json. */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>

#include "keys.h"

struct verdict_cache;

/* path: empty for none, *out is then NULL. all: what it says is wrong counts too, although the
 * reference writes that also when its judge failed. [exclusive] */
int32_t verdicts_open(grasp_call *call, grasp_str path, grasp_str judge, bool all,
                      struct verdict_cache **out);
void verdicts_close(struct verdict_cache *cache); /* NULL is fine */
/* 1, 0, or -1 if there is none. [shared] */
int verdicts_find(const struct verdict_cache *cache, const char key[SHA256_HEX]);
