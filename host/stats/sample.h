/* SPDX-License-Identifier: MIT */
/* A growing sample of numbers. A zeroed struct is valid. */
#pragma once

#include <stddef.h>

struct sample {
    double *items;
    size_t n, capacity;
};

void sample_add(struct sample *sample, double value);
void sample_clear(struct sample *sample);
/* 0 for an empty sample. Summed in order, in double: the released tables are rounded from that. */
double sample_mean(const struct sample *sample);
double sample_sd(const struct sample *sample); /* with n - 1; 0 for n < 2 */
