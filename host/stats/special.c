/* SPDX-License-Identifier: MIT */
#include "stats/special.h"

#include <float.h>
#include <math.h>

double normal_cdf(double x)
{
    return 0.5 * erfc(-x / M_SQRT2);
}

/* By halving: as exact as the function, and never astray. */
static double lower_normal_quantile(double p)
{
    double low = -1, high = 1;
    while (normal_cdf(low) > p && low > -1e300)
        low *= 2;
    for (int i = 0; i < 200; i++) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high)
            break;
        if (normal_cdf(middle) < p)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

double normal_quantile(double p)
{
    return p > 0.5 ? -lower_normal_quantile(1 - p) : lower_normal_quantile(p);
}

/* lgamma without its global sign; the arguments here are positive. */
static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* The continued fraction of DLMF 8.17.22, by the method of Lentz. */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < 100000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        value *= d * (fabs(c) < tiny ? tiny : c);
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        double step = d * (fabs(c) < tiny ? tiny : c);
        value *= step;
        if (fabs(step - 1) < 4 * DBL_EPSILON)
            break;
    }
    return value;
}

double beta_cdf(double x, double a, double b)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    double front = exp(a * log(x) + b * log1p(-x) + log_gamma(a + b) - log_gamma(a) - log_gamma(b));
    if (x < (a + 1) / (a + b + 2)) /* where the fraction converges fast; else DLMF 8.17.4 */
        return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double binomial_cdf(double k, double n, double p)
{
    if (k < 0)
        return 0;
    return k >= n ? 1 : beta_cdf(1 - p, n - k, k + 1); /* DLMF 8.17.5 */
}

double student_cdf(double t, double df)
{
    double tail = 0.5 * beta_cdf(df / (df + t * t), 0.5 * df, 0.5);
    return t > 0 ? 1 - tail : tail;
}

double student_density(double t, double df)
{
    double log_front = log_gamma(0.5 * (df + 1)) - log_gamma(0.5 * df) - 0.5 * log(df * M_PI);
    return exp(log_front - 0.5 * (df + 1) * log1p(t * t / df));
}

/* By Newton's method, in the lower tail. The root is left of the normal distribution's, and the
 * function is convex there: the steps go left, and never past it. */
double student_quantile(double p, double df)
{
    if (p > 0.5)
        return -student_quantile(1 - p, df);
    double t = normal_quantile(p);
    for (int i = 0; i < 2000; i++) {
        double step = (student_cdf(t, df) - p) / student_density(t, df);
        if (!(step > -4 * DBL_EPSILON * t))
            break;
        t -= step;
    }
    return t;
}

/* The weights of the series are a Poisson distribution's: this many of its standard deviations. */
#define SERIES_REACH 10

double noncentral_t_cdf(double t, double df, double delta)
{
    if (t < 0)
        return 1 - noncentral_t_cdf(-t, df, -delta);
    double y = t * t / (df + t * t), half = 0.5 * delta * delta, sum = 0;
    double reach = SERIES_REACH * (sqrt(half) + 4), first = floor(fmax(0, half - reach));
    if (half == 0)
        return student_cdf(t, df);
    for (double j = first; j <= half + reach && y > 0; j++) {
        double even = exp(-half + j * log(half) - log_gamma(j + 1));
        double odd = delta / M_SQRT2 * exp(-half + j * log(half) - log_gamma(j + 1.5));
        sum += 0.5 * (even * beta_cdf(y, j + 0.5, 0.5 * df) + odd * beta_cdf(y, j + 1, 0.5 * df));
    }
    return fmin(1, normal_cdf(-delta) + sum);
}
