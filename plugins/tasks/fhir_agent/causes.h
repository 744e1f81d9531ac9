/* SPDX-License-Identifier: MIT */
/* Why a wrong answer is wrong. */
#pragma once

#include <grasp/ext/json.h>

#include "common/pool.h"
#include "strategy.h"

struct failure {
    const grasp_json *json;
    const struct strategy *strategy;
    const grasp_json_value *sample, *rollout;
};

/* The set of tags, never empty. */
uint64_t causes_of(const struct failure *failure);
