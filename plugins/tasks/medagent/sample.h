/* SPDX-License-Identifier: MIT */
/* A sample of either benchmark. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

#include "common/cohort/when.h"
#include "common/pool.h"

#define TYPE_COUNT 10

enum version { MEDAGENT_V1 = 1, MEDAGENT_V2 = 2 };

struct sample {
    enum version version;
    int type; /* 1 to TYPE_COUNT */
    grasp_str id, instruction, context, mrn;
    const grasp_json_value *solution; /* of v1 type 1: array of one string */
};

/* Reads the members of a sample's object, which the result borrows. False for an id that is not
 * task<1..10>_<number>. */
bool sample_read(const grasp_json *json, const grasp_json_value *object, enum version version,
                 struct sample *out);
/* What the sample says is now. reference: see now.h. */
struct when sample_now(const struct sample *sample, bool reference);
/* The same as text; in the pool if it has to be made. */
grasp_str sample_now_text(struct pool *pool, const struct sample *sample, bool reference);
