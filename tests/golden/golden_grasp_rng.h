/* SPDX-License-Identifier: MIT */
#pragma once

#include "golden_common.h"

/* The sections python_random and dev_shuffle; the number of cases that failed. */
int golden_rng_sections(struct golden *g);
