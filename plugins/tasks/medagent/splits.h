/* SPDX-License-Identifier: MIT */
/* Which samples are in which split, drawn as the benchmark's own split files were (seed 42). */
#pragma once

#include "sample.h"

#define SPLIT_DEV 96
#define SPLIT_VAL 80
#define SPLIT_ID_TEST 64
#define SPLIT_TEST 60

/* A place in the full set: 30 samples of type 1, then of type 2, and so on. */
struct split_places {
    uint32_t dev[SPLIT_DEV], val[SPLIT_VAL], id_test[SPLIT_ID_TEST], test[SPLIT_TEST];
};

/* The types of `test`, which no other split has: v1 6 and 7, v2 5 and 7. */
bool split_is_other(enum version version, int type);
void split_draw(enum version version, struct split_places *out);
