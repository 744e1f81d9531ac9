/* SPDX-License-Identifier: MIT */
/* The FHIR server of a golden case. */
#pragma once

#include "base/json.h"
#include <grasp/abi.h>

struct chart_answer {
    int32_t status;
    bool plain_json;
    char *body; /* to be freed */
    size_t len;
};

/* The answer of the case's resources to a search without the base address. */
struct chart_answer chart_get(const struct json *c, grasp_str query);
