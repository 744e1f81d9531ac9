/* SPDX-License-Identifier: MIT */
/* The store of the invented patients. What they are asked does not need it, so it is made when a
 * resource is first wanted. */
#pragma once

#include <grasp/grasp.h>

#include "common/fhir/fhir.h"
#include "common/mimic/mimic.h"

struct invented;
/* NULL: no memory. */
struct invented *invented_new(const struct mimic_options *options);
void invented_free(struct invented *invented); /* NULL is fine */
/* Lives as long as `invented`. [shared] */
int32_t invented_store(grasp_call *call, struct invented *invented, struct fhir_store **out);
