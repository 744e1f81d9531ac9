/* SPDX-License-Identifier: MIT */
/* What the chart says about a patient at the end of an episode. The episode asks the server for it
 * and puts it into the rollout, so that grading needs no server. */
#pragma once

#include "common/text.h"
#include "sample.h"

#define EVIDENCE_MAX 2

/* The searches a grader of this type reads, in its order; each without the base address. Returns
 * how many; the texts are in the pool. */
size_t evidence_queries(struct pool *pool, const struct sample *sample,
                        grasp_str out[EVIDENCE_MAX]);

/* An answer of the server. */
struct evidence {
    int32_t status;
    bool plain_json; /* the content type is application/json, without anything more */
    grasp_str body;
};

/* Appends an entry of the array "evidence": of the body's resources only what there is in `entry`,
 * without the rest of the Bundle. False if the body is not a JSON object. */
bool evidence_write(grasp_call *call, const grasp_json *json, struct text *out, grasp_str query,
                    const struct evidence *answer);
/* The entry of a query in the array, or NULL. */
const grasp_json_value *evidence_find(const grasp_json *json, const grasp_json_value *array,
                                      grasp_str query);
