/* SPDX-License-Identifier: MIT */
/* In which order an epoch goes through dev, and in what units. */
#pragma once

#include "plugin/method.h"

/* Positions 0..count-1 in the order of that epoch of that run. */
void order_shuffle(enum method_order order, int64_t seed, int64_t epoch, size_t *positions,
                   size_t count);
/* Samples per unit of learning, at least 1. */
size_t order_unit(enum method_unit unit, int64_t update_every, size_t dev_count);
/* The positions of a unit; false after the last. */
bool order_slice(size_t unit, size_t count, size_t number, size_t *out_from, size_t *out_to);
