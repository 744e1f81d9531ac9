/* SPDX-License-Identifier: MIT */
/*
 * Welch's t for two small groups. His degrees of freedom (Biometrika 34, 1947),
 *
 *     1 / df = part² / df_a + rest² / df_b,   rest = 1 - part,
 *
 * where `part` is A's share of the estimated variance of the difference of means, are right on the
 * average over large groups; with three runs a side the 95 % interval has a coverage between 94.1
 * and 96.5 %, with 3 and 10 between 92.8 and 95.4 %. No interval is exact for every ratio of the
 * variances (Linnik, Statistical Problems with Nuisance Parameters, 1968), but the critical value
 * as a function of `part` can be made nearly so, as Trickett and Welch did by numerical quadrature
 * (Biometrika 41, 1954, 361). Here four terms are added,
 *
 *     part * rest * (t0 + t1 u + t2 u² + t3 u³),   u = part - rest,
 *
 * and solved for: coverage is 95 % where A's share of the true variance is 0, 0.02, 0.22, 0.78,
 * 0.98 and 1. For all other shares it then lies within 94.4 and 95.6 %, if each count is 3 or more.
 */
#pragma once

#include <stddef.h>

#define WELCH_TERMS 4
#define WELCH_LEAST 3 /* runs a side */

struct welch {
    double df_a, df_b; /* counts less one */
    double terms[WELCH_TERMS];
};

/* Solves for the terms; each count >= WELCH_LEAST. Without them (all 0) the rest is Welch's own. */
void welch_calibrate(struct welch *out, size_t count_a, size_t count_b);
/* Degrees of freedom where A has this part of the estimated variance of the difference. */
double welch_df(const struct welch *welch, double part);
/* The coverage of the 95 % interval where A has this share (0 < share < 1) of the true variance,
 * for normal values: the integral over the ratio of the estimated variances, to about 1e-12. */
double welch_coverage(const struct welch *welch, double share);
