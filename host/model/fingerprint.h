/* SPDX-License-Identifier: MIT */
/* What model_fingerprint hashes. */
#pragma once

#include "model/model.h"

struct fingerprint {
    struct str identity; /* the model, and what its preset adds to every request */
    double temperature;  /* NaN: none is sent */
    int64_t max_tokens;
    int64_t seed; /* -1: none is sent */
    int64_t role; /* -1: the model is not told */
    struct str schema;
    const struct model_request *request;
};

void fingerprint_write(const struct fingerprint *fingerprint, char out_hex[65]);
