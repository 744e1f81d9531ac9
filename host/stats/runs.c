/* SPDX-License-Identifier: MIT */
/* Intervals and tests over runs: what is drawn are runs, the samples are given. */
#include <math.h>

#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats.h"

static struct interval t_interval(double mean, double error, double df, double *out_p)
{
    double reach = error > 0 ? error * student_quantile((1 + STATS_LEVEL) / 2, df) : 0;
    if (error > 0)
        *out_p = 2 * student_cdf(-fabs(mean) / error, df);
    else
        *out_p = mean != 0 ? 0 : 1;
    return (struct interval){mean - reach, mean + reach};
}

/* Mean, and the estimated variance of the mean. */
static double mean_of(const double *values, size_t count, double *out_variance)
{
    struct sample sample = {0};
    for (size_t i = 0; i < count; i++)
        sample_add(&sample, values[i]);
    double mean = sample_mean(&sample);
    *out_variance = pow(sample_sd(&sample), 2) / (double)count;
    sample_clear(&sample);
    return mean;
}

struct interval seed_clustered(const double *differences, size_t count, double *out_p)
{
    double variance, mean = mean_of(differences, count, &variance);
    return t_interval(mean, sqrt(variance), (double)count - 1, out_p);
}

struct interval welch(const struct welch *calibrated, const double *a, const double *b,
                      double *out_p)
{
    double var_a, var_b;
    double mean_a = mean_of(a, (size_t)calibrated->df_a + 1, &var_a);
    double mean_b = mean_of(b, (size_t)calibrated->df_b + 1, &var_b);
    double sum = var_a + var_b, part = sum > 0 ? var_a / sum : 0;
    return t_interval(mean_b - mean_a, sqrt(sum), welch_df(calibrated, part), out_p);
}

struct interval scheffe(const double *few, size_t count, const double *many, size_t others,
                        double *out_p)
{
    struct sample pairs = {0};
    double ignored, mean = mean_of(many, others, &ignored) - mean_of(few, count, &ignored);
    double weight = sqrt((double)count / (double)others);
    for (size_t i = 0; i < count; i++)
        sample_add(&pairs, weight * many[i] - few[i]);
    double error = sample_sd(&pairs) / sqrt((double)count);
    sample_clear(&pairs);
    return t_interval(mean, error, (double)count - 1, out_p);
}
