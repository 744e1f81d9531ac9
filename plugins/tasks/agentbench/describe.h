/* SPDX-License-Identifier: MIT */
/* What the environments' info and samples have in common. */
#pragma once

#include <grasp/grasp.h>

#include "common/text.h"

/* Emits what was written. */
int32_t describe_emit(grasp_call *call, const struct text *out);
/* The fault of samples() for a name that is not dev, val or test. */
int32_t describe_no_split(grasp_call *call, grasp_str name);
