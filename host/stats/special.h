/* SPDX-License-Identifier: MIT */
/* Distributions, to about 1e-12. Sections of the Digital Library of Mathematical Functions (DLMF)
 * are named where a formula is from. */
#pragma once

double normal_cdf(double x);
double normal_quantile(double p); /* 0 < p < 1 */
/* I_x(a, b), the regularised incomplete beta function; a, b > 0. DLMF 8.17. */
double beta_cdf(double x, double a, double b);
/* P(X <= k) of n trials; 0 for k < 0, 1 for k >= n. */
double binomial_cdf(double k, double n, double p);
double student_cdf(double t, double df);
double student_density(double t, double df);
double student_quantile(double p, double df); /* 0 < p < 1 */
/* Of the noncentral t distribution: the series of R. V. Lenth, Applied Statistics 38 (1989) 185. */
double noncentral_t_cdf(double t, double df, double delta);
