/* SPDX-License-Identifier: MIT */
/* Answers of a FHIR server, read without a tree. */
#pragma once

#include "common/text.h"

/* Appends the resources of a searchset as a JSON array, or joins them to the one that is there; a
 * resource that was read by itself counts as one. bare: without their `text` and `meta`. Returns
 * how many they are. */
size_t bundle_resources(grasp_str body, bool bare, struct text *out);
/* The address of the next page, in the pool; empty for none. */
struct pool;
grasp_str bundle_next(grasp_str body, struct pool *pool);
/* What an OperationOutcome says, or the status alone. */
void bundle_complaint(grasp_str body, int32_t status, struct text *out);
