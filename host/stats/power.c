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
    double critical = -1;
    size_t least = (size_t)fmax(0, mean - REACH * sd - 2);
    size_t most = (size_t)ceil(fmin(total, mean + REACH * sd + 2));
    if (n == 0 || discordant <= 0)
        return 0;
    for (size_t m = least; m <= most; m++) {
        if (discordant >= 1 && m < n)
            continue;
        critical = critical_count((double)m, critical, alpha);
        power += exp(log_binomial((double)m, total, discordant)) * rejects((double)m, critical, p);
    }
    return fmin(1, power);
}

/* Power grows with n but for small teeth, because counts are whole: where it crosses is found by
 * halving, and then the teeth before it are looked at. */
#define TEETH 60

size_t mcnemar_samples(double discordant, double difference, double alpha, double power,
                       size_t most)
{
    size_t low = 0, high = most;
    if (mcnemar_power(most, discordant, difference, alpha) < power)
        return 0;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (mcnemar_power(middle, discordant, difference, alpha) < power)
            low = middle;
        else
            high = middle;
    }
    for (size_t n = high > TEETH ? high - TEETH : 1; n < high; n++) {
        if (mcnemar_power(n, discordant, difference, alpha) >= power)
            return n;
    }
    return high;
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
