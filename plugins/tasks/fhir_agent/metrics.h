/* SPDX-License-Identifier: MIT */
/* Did the agent look at the right resources? As the benchmark's evaluation defines it. */
#pragma once

#include "common/string_list.h"

/* What an agent retrieved of the types that matter. */
struct retrieval {
    struct strings ids;
    uint64_t others; /* further ones, none of which is a true one */
};

/* 1 if every true id was retrieved, else 0. Nothing true and nothing retrieved: 1; nothing true
 * but something retrieved: NaN. */
double retrieval_recall(const struct retrieval *found, const struct strings *truth);
/* The share of true ones among what was retrieved, each as often as it is there. Nothing true and
 * nothing retrieved: 1; something true but nothing retrieved: NaN. */
double retrieval_precision(const struct retrieval *found, const struct strings *truth);
