/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "stats/special.h"
#include "stats/stats.h"

/* How far from its mean the number of discordant pairs is followed, in standard deviations. */
#define REACH 9

/* Chance that the test rejects, with m discordant pairs that go B's way with chance p and the
 * largest count that is rejected. */
static double rejects(double m, double critical, double p)
{
    if (critical < 0)
        return 0;
    return binomial_cdf(critical, m, p) + binomial_cdf(critical, m, 1 - p);
}

static double log_binomial(double m, double n, double p)
{
    int sign;
    double tail = p < 1 ? (n - m) * log1p(-p) : 0;
    return lgamma_r(n + 1, &sign) - lgamma_r(m + 1, &sign) - lgamma_r(n - m + 1, &sign) +
           m * log(p) + tail;
}

/* The largest count that the test rejects out of m; `critical` is that of fewer pairs. */
static double critical_count(double m, double critical, double alpha)
{
    while (2 * (critical + 1) < m && 2 * binomial_cdf(critical + 1, m, 0.5) <= alpha)
        critical++;
    return critical;
}

double mcnemar_power(size_t n, double discordant, double difference, double alpha)
{
    double total = (double)n, p = (discordant + difference) / (2 * discordant), power = 0;
    double mean = total * discordant, sd = sqrt(total * discordant * (1 - discordant));
    double least = floor(fmax(0, mean - REACH * sd - 2));
    double most = ceil(fmin(total, mean + REACH * sd + 2)), critical = -1;
    if (n == 0 || discordant <= 0)
        return 0;
    for (double m = least; m <= most; m++) {
        if (discordant >= 1 && m < total)
            continue;
        critical = critical_count(m, critical, alpha);
        power += exp(log_binomial(m, total, discordant)) * rejects(m, critical, p);
    }
    return fmin(1, power);
}

/* Connor, Biometrics 43 (1987) 207: near enough to begin a search. */
static double approximate_samples(double discordant, double difference, double alpha, double power)
{
    double z = normal_quantile(1 - alpha / 2), y = normal_quantile(power);
    double spread = sqrt(fmax(0, discordant - difference * difference));
    return pow((z * sqrt(discordant) + y * spread) / difference, 2);
}

size_t mcnemar_samples(double discordant, double difference, double alpha, double power,
                       size_t most)
{
    double about = approximate_samples(discordant, difference, alpha, power);
    if (!(about < (double)most))
        return 0;
    size_t n = (size_t)(0.8 * about);
    for (n = n > 1 ? n : 1; n <= most; n++) {
        if (mcnemar_power(n, discordant, difference, alpha) >= power)
            return n;
    }
    return 0;
}

double mcnemar_detectable(size_t n, double discordant, double alpha, double power)
{
    double low = 0, high = 1;
    if (mcnemar_power(n, 1, 1, alpha) < power)
        return 1;
    for (int i = 0; i < 60; i++) {
        double middle = 0.5 * (low + high);
        if (mcnemar_power(n, fmax(discordant, middle), middle, alpha) < power)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double seeds_power(size_t seeds, double effect, double alpha)
{
    double df = (double)seeds - 1, t = student_quantile(1 - alpha / 2, df);
    double delta = fabs(effect) * sqrt((double)seeds);
    if (delta > 1000) /* certain */
        return 1;
    return 1 - noncentral_t_cdf(t, df, delta) + noncentral_t_cdf(-t, df, delta);
}

double seeds_detectable(size_t seeds, double alpha, double power)
{
    double low = 0, high = 1;
    while (seeds_power(seeds, high, alpha) < power && high < 1e6)
        high *= 2;
    for (int i = 0; i < 100; i++) {
        double middle = 0.5 * (low + high);
        if (seeds_power(seeds, middle, alpha) < power)
            low = middle;
        else
            high = middle;
    }
    return high;
}
