/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "stats/special.h"
#include "stats/stats.h"

double mcnemar_exact(size_t only_a, size_t only_b)
{
    size_t n = only_a + only_b, least = only_a < only_b ? only_a : only_b;
    double p = 2 * binomial_cdf((double)least, (double)n, 0.5);
    return n == 0 || p > 1 ? 1 : p;
}

double cohen_h(double a, double b)
{
    return 2 * asin(sqrt(b)) - 2 * asin(sqrt(a));
}

double discordant_odds(size_t only_a, size_t only_b)
{
    return ((double)only_b + 0.5) / ((double)only_a + 0.5);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The sums are whole numbers. Equal ones are spread evenly over the unit around them, as a
 * continuous value that was rounded would be; else whole ties fall into the interval or out of it,
 * and it is too wide on the average. */
static double spread(const int64_t *sorted, size_t count, size_t at)
{
    size_t first = at, last = at;
    while (first > 0 && sorted[first - 1] == sorted[at])
        first--;
    while (last + 1 < count && sorted[last + 1] == sorted[at])
        last++;
    double place = ((double)(at - first) + 0.5) / (double)(last - first + 1);
    return (double)sorted[at] + place - 0.5;
}

static double quantile(const int64_t *sorted, size_t count, double p)
{
    double at = p * (double)(count - 1);
    size_t below = (size_t)at;
    if (below + 1 >= count)
        return spread(sorted, count, count - 1);
    double part = at - (double)below;
    return spread(sorted, count, below) * (1 - part) + spread(sorted, count, below + 1) * part;
}

static double expanded_tail(size_t samples)
{
    double n = (double)samples;
    return normal_cdf(sqrt(n / (n - 1)) * student_quantile((1 - STATS_LEVEL) / 2, n - 1));
}

struct interval bootstrap_paired(const int *differences, size_t samples, size_t seeds, size_t draws,
                                 const char *seed)
{
    struct rng rng;
    int64_t *sums = mem_array(draws, sizeof(*sums));
    double scale = (double)samples * (double)seeds;
    rng_seed_text(&rng, str_of(seed));
    for (size_t i = 0; i < draws; i++) {
        for (size_t k = 0; k < samples; k++)
            sums[i] += differences[rng_below(&rng, samples)];
    }
    qsort(sums, draws, sizeof(*sums), by_value);
    double tail = samples > 1 ? expanded_tail(samples) : 0;
    struct interval out = {fmax(-1, quantile(sums, draws, tail) / scale),
                           fmin(1, quantile(sums, draws, 1 - tail) / scale)};
    mem_free(sums);
    return out;
}

/* Wilson, Journal of the American Statistical Association 22 (1927) 209. */
static struct interval wilson(double correct, double total)
{
    double z = normal_quantile((1 + STATS_LEVEL) / 2), p = correct / total, zz = z * z / total;
    double middle = (p + zz / 2) / (1 + zz);
    double reach = z * sqrt(p * (1 - p) / total + zz / (4 * total)) / (1 + zz);
    return (struct interval){fmax(0, middle - reach), fmin(1, middle + reach)};
}

struct interval newcombe(size_t correct_a, size_t total_a, size_t correct_b, size_t total_b)
{
    double a = (double)correct_a / (double)total_a, b = (double)correct_b / (double)total_b;
    struct interval of_a = wilson((double)correct_a, (double)total_a);
    struct interval of_b = wilson((double)correct_b, (double)total_b);
    return (struct interval){b - a - hypot(b - of_b.low, of_a.high - a),
                             b - a + hypot(of_b.high - b, a - of_a.low)};
}

static double log_choose(double n, double k)
{
    int sign;
    return lgamma_r(n + 1, &sign) - lgamma_r(k + 1, &sign) - lgamma_r(n - k + 1, &sign);
}

double fisher_exact(size_t correct_a, size_t total_a, size_t correct_b, size_t total_b)
{
    double n_a = (double)total_a, n_b = (double)total_b;
    double right = (double)correct_a + (double)correct_b, p = 0;
    size_t all = correct_a + correct_b, most = all < total_a ? all : total_a;
    double whole = log_choose(n_a + n_b, right);
    double mine = log_choose(n_a, (double)correct_a) + log_choose(n_b, (double)correct_b) - whole;
    for (size_t k = all > total_b ? all - total_b : 0; k <= most; k++) {
        double other = log_choose(n_a, (double)k) + log_choose(n_b, right - (double)k) - whole;
        if (other <= mine + 1e-7) /* as likely, but for rounding */
            p += exp(other);
    }
    return fmin(1, p);
}

void holm(double *p, size_t count)
{
    size_t *order = mem_array(count + 1, sizeof(*order));
    double least = 0;
    for (size_t i = 0; i < count; i++) { /* few: insertion is enough, and is stable */
        size_t at = i;
        for (; at > 0 && p[order[at - 1]] > p[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    for (size_t i = 0; i < count; i++) {
        least = fmax(least, fmin(1, (double)(count - i) * p[order[i]]));
        p[order[i]] = least;
    }
    mem_free(order);
}
