/* SPDX-License-Identifier: MIT */
/* What the environments' info and samples have in common. */
#pragma once

#include <grasp/grasp.h>

#include "common/text.h"

/* The beginning of a sample, without its closing bracket. */
void describe_sample(struct text *out, grasp_str id, grasp_str type, grasp_str description);
/* Emits what was written. */
int32_t describe_emit(grasp_call *call, const struct text *out);
/* For samples(): which of data_split_names it is. A name that is none is a fault. */
int32_t describe_split(grasp_call *call, grasp_str name, size_t *out);
