/* SPDX-License-Identifier: MIT */
/*
 * Comparing two methods by their scores. Pure functions, nothing is read or written. Shares and
 * differences are fractions, not percent; differences are B - A; intervals have 95 %.
 * docs/results.md says which question each answers, and what its coverage is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/welch.h"

#define STATS_LEVEL 0.95 /* of all intervals */

struct interval {
    double low, high;
};

/* --- Paired: the same samples under A and B --- */

struct pairs {
    size_t both, only_a, only_b, neither; /* right under */
};

/* Exact two-sided test of McNemar (Psychometrika 12, 1947): only_b of the discordant pairs against
 * a fair coin. 1 without a discordant pair. */
double mcnemar_exact(size_t only_a, size_t only_b);
/* Cohen's h, 2 asin sqrt(b) - 2 asin sqrt(a): 0.2 small, 0.5 medium, 0.8 large. */
double cohen_h(double a, double b);
/* Odds that a discordant pair goes B's way, with 1/2 added to both counts (Haldane). */
double discordant_odds(size_t only_a, size_t only_b);

/* Bootstrap over samples, of the mean of `differences` (each the sum over `seeds` seeds of B - A
 * for one sample, between -seeds and seeds). The percentile interval with expanded level
 * (Hesterberg, The American Statistician 69, 2015, 371), which makes up for its narrowness in small
 * samples; no wider than [-1, 1]. Draws from MT19937 seeded by the text; the same seed, the same
 * interval. */
struct interval bootstrap_paired(const int *differences, size_t samples, size_t seeds, size_t draws,
                                 const char *seed);

/* --- Over seeds: runs are what is drawn, the samples are given --- */

/* Student's t interval of the mean of the per-seed differences: the cluster-robust interval of
 * clusters of one size. Needs count >= 2. out_p: two-sided, of no difference. */
struct interval seed_clustered(const double *differences, size_t count, double *out_p);
/* Two unpaired groups of runs: Welch's t interval of the difference of means, with the degrees of
 * freedom of welch.h, whose counts are those of a and b. out_p: with the same degrees of freedom,
 * which are made for 5 %: below p = 0.05 exactly where the interval leaves zero out. */
struct interval welch(const struct welch *calibrated, const double *a, const double *b,
                      double *out_p);
/* The exact t interval of Scheffe (Annals of Mathematical Statistics 14, 1943, 35), of the mean of
 * `many` less that of `few`: each of `few` against one of `many`, in their order, with
 * count - 1 degrees of freedom. Coverage does not depend on the ratio of the variances, but the
 * result depends on the order. 2 <= count <= others. */
struct interval scheffe(const double *few, size_t count, const double *many, size_t others,
                        double *out_p);

/* --- Unpaired: counts only --- */

/* Newcombe's hybrid score interval without continuity correction (Statistics in Medicine 17, 1998,
 * 873, method 10). Totals > 0. */
struct interval newcombe(size_t correct_a, size_t total_a, size_t correct_b, size_t total_b);
/* Fisher's exact two-sided test: the tables that are no more likely than this one. */
double fisher_exact(size_t correct_a, size_t total_a, size_t correct_b, size_t total_b);

/* --- Several comparisons --- */

/* Adjusted p values, in place (Holm, Scandinavian Journal of Statistics 6, 1979, 65). */
void holm(double *p, size_t count);

/* --- Before the money is spent --- */

/* Power of the exact McNemar test: the chance that it finds a difference in n pairs of which the
 * share `discordant` differs; |difference| <= discordant <= 1. Summed over the number of
 * discordant pairs. */
double mcnemar_power(size_t n, double discordant, double difference, double alpha);
/* The smallest n with that power, among those close to where power crosses it; 0 if that is above
 * `most`. */
size_t mcnemar_samples(double discordant, double difference, double alpha, double power,
                       size_t most);
/* The smallest difference found with that power; discordant pairs are at least as many as it needs.
 * 1 if none is. */
double mcnemar_detectable(size_t n, double discordant, double alpha, double power);
/* Power of the t test over seeds: difference in units of the standard deviation of a seed's. */
double seeds_power(size_t seeds, double effect, double alpha);
/* The smallest effect found with that power; count of seeds >= 2. */
double seeds_detectable(size_t seeds, double alpha, double power);
