/* SPDX-License-Identifier: MIT */
/* What a task's grade() ends with. */
#pragma once

#include "common/text.h"
#include <grasp/grasp.h>

/* Emits a verdict; a sample is correct with the score 1. tags: a JSON array, empty for none;
 * detail: a JSON object. */
int32_t verdict_emit(grasp_call *call, double score, const struct text *tags,
                     const struct text *detail);
