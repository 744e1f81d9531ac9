/* SPDX-License-Identifier: MIT */
/* What is kept of an episode beside its answer. */
#pragma once

#include "common/text.h"
#include "metrics.h"
#include "retrieved.h"
#include <grasp/ext/json.h>

/* Of a type, how many ids are kept beside those that matter. */
#define OUTCOME_IDS 200

/* {"retrieved_fhir_resources": {type: [ids]}, "retrieved_counts": {type: n}, "failed_code": n}:
 * the ids that are true ones first. truth: {type: [ids]}. failed_code: runs of Python at the end
 * that failed. */
void outcome_write(struct text *out, const grasp_json *json, const struct retrieved *retrieved,
                   const grasp_json_value *truth, uint32_t failed_code);

/* What was retrieved of the types in `truth`, and all true ids; texts are borrowed from the
 * values. */
void outcome_read(const grasp_json *json, struct pool *pool, const grasp_json_value *raw,
                  const grasp_json_value *truth, struct retrieval *out_found,
                  struct strings *out_truth);
