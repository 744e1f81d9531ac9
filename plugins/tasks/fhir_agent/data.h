/* SPDX-License-Identifier: MIT */
/* Where questions and resources come from. */
#pragma once

#include "questions.h"
#include "source.h"

struct data_options {
    grasp_str data, csv, fhir, fhir_base, fhir_cache; /* empty for those not given */
    uint64_t seed;
    uint32_t patients;
};

/* Fills the splits, and the source's store or base. Every patient of a question is there: what is
 * not is refused, with the question's id. [exclusive] */
int32_t data_open(grasp_call *call, struct pool *pool, const struct data_options *options,
                  struct split splits[SPLIT_COUNT], struct source *source);
