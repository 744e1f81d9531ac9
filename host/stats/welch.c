/* SPDX-License-Identifier: MIT */
#include "stats/welch.h"

#include <math.h>
#include <string.h>

#include "stats/special.h"
#include "stats/stats.h"

/* Where the coverage is made exact: A's part of the variance of the difference. At 0 and 1 it is
 * exact by itself. These keep the largest error in between about the same on all sides. */
static const double shares[WELCH_TERMS] = {0.02, 0.22, 0.78, 0.98};

#define LEAST_INVERSE 1e-6 /* of the degrees of freedom: as good as the normal distribution */
#define ROUNDS 60
#define EXACT 1e-13
#define STEP 0.25 /* of the logarithm of F, where F has few degrees of freedom */

static double inverse_df(const struct welch *w, double part)
{
    double rest = 1 - part, sum = 0;
    for (size_t k = WELCH_TERMS; k-- > 0;)
        sum = sum * (part - rest) + w->terms[k];
    return fmax(LEAST_INVERSE, part * part / w->df_a + rest * rest / w->df_b + part * rest * sum);
}

double welch_df(const struct welch *w, double part)
{
    return 1 / inverse_df(w, part);
}

/* How the critical value changes with the inverse of its degrees of freedom. */
static double critical_slope(double t, double inverse)
{
    double step = 1e-4 * inverse;
    if (inverse <= LEAST_INVERSE)
        return 0;
    double change = student_cdf(t, 1 / (inverse + step)) - student_cdf(t, 1 / (inverse - step));
    return -change / (2 * step) / student_density(t, 1 / inverse);
}

static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* Density of the logarithm of F with df_a and df_b degrees of freedom. */
static double log_f_density(const struct welch *w, double y)
{
    double a = 0.5 * w->df_a, b = 0.5 * w->df_b, ratio = a / b;
    return exp(a * (log(ratio) + y) - (a + b) * log1p(ratio * exp(y)) + log_gamma(a + b) -
               log_gamma(a) - log_gamma(b));
}

/* What the difference's chance to lie in the interval gets from one ratio F = exp(y) of the
 * estimated variances, each in units of its true one. Given F, the pooled sum of squares is
 * chi-squared with df_a + df_b degrees of freedom, and what is left is Student's t. gradient: by
 * the terms, added to; or NULL. */
static double covered(const struct welch *w, double share, double y, double *gradient)
{
    double df = w->df_a + w->df_b, of_a = w->df_a * exp(y) / (w->df_a * exp(y) + w->df_b);
    double a = share * of_a / w->df_a;
    double b = (1 - share) / (w->df_a * exp(y) + w->df_b);
    double part = a / (a + b), scale = sqrt(df * (a + b)), weight = log_f_density(w, y);
    double inverse = inverse_df(w, part),
           t = student_quantile(0.5 * (1 + STATS_LEVEL), 1 / inverse);
    if (gradient) {
        double slope = weight * 2 * student_density(t * scale, df) * scale *
                       critical_slope(t, inverse) * part * (1 - part);
        for (size_t k = 0; k < WELCH_TERMS; k++, slope *= 2 * part - 1)
            gradient[k] += slope;
    }
    return weight * (2 * student_cdf(t * scale, df) - 1);
}

/* The trapezoidal rule, whose error falls exponentially with the step for a function that is
 * analytic and fades on both sides. */
static double coverage(const struct welch *w, double share, double *gradient)
{
    double reach = 80 / fmin(w->df_a, w->df_b) + 5, sum = 0;
    double step = STEP * fmin(1, sqrt(2 / w->df_a + 2 / w->df_b));
    long count = lround(reach / step);
    for (size_t k = 0; gradient && k < WELCH_TERMS; k++)
        gradient[k] = 0;
    for (long i = -count; i <= count; i++)
        sum += covered(w, share, (double)i * step, gradient);
    for (size_t k = 0; gradient && k < WELCH_TERMS; k++)
        gradient[k] *= step;
    return sum * step;
}

double welch_coverage(const struct welch *w, double share)
{
    return coverage(w, share, NULL);
}

/* Solves rows * x = right, x in `right`; with pivots, as the rows are of very different size. */
static void solve(double rows[WELCH_TERMS][WELCH_TERMS], double *right)
{
    for (size_t i = 0; i < WELCH_TERMS; i++) {
        size_t pivot = i;
        double swap[WELCH_TERMS], value = right[i];
        for (size_t k = i + 1; k < WELCH_TERMS; k++)
            pivot = fabs(rows[k][i]) > fabs(rows[pivot][i]) ? k : pivot;
        memcpy(swap, rows[i], sizeof(swap));
        memcpy(rows[i], rows[pivot], sizeof(swap));
        memcpy(rows[pivot], swap, sizeof(swap));
        right[i] = right[pivot];
        right[pivot] = value;
        for (size_t k = i + 1; k < WELCH_TERMS; k++) {
            double factor = rows[k][i] / rows[i][i];
            for (size_t m = i; m < WELCH_TERMS; m++)
                rows[k][m] -= factor * rows[i][m];
            right[k] -= factor * right[i];
        }
    }
    for (size_t i = WELCH_TERMS; i-- > 0;) {
        for (size_t m = i + 1; m < WELCH_TERMS; m++)
            right[i] -= rows[i][m] * right[m];
        right[i] /= rows[i][i];
    }
}

/* The largest error of coverage at the shares; what Newton's method needs goes into the others. */
static double errors(const struct welch *w, double rows[WELCH_TERMS][WELCH_TERMS], double *right)
{
    double largest = 0;
    for (size_t i = 0; i < WELCH_TERMS; i++) {
        right[i] = STATS_LEVEL - coverage(w, shares[i], rows[i]);
        largest = fmax(largest, fabs(right[i]));
    }
    return largest;
}

void welch_calibrate(struct welch *out, size_t count_a, size_t count_b)
{
    struct welch at = {.df_a = (double)count_a - 1, .df_b = (double)count_b - 1};
    double rows[WELCH_TERMS][WELCH_TERMS], step[WELCH_TERMS], factor = 1;
    double error = errors(&at, rows, step);
    *out = at;
    for (int i = 0; i < ROUNDS && error > EXACT && factor > 1e-6; i++) {
        double next_rows[WELCH_TERMS][WELCH_TERMS], next[WELCH_TERMS];
        if (factor == 1)
            solve(rows, step);
        for (size_t k = 0; k < WELCH_TERMS; k++)
            at.terms[k] = out->terms[k] + factor * step[k];
        double now = errors(&at, next_rows, next);
        if (!(now < error)) {
            factor /= 2;
            continue;
        }
        error = now;
        factor = 1;
        *out = at;
        memcpy(rows, next_rows, sizeof(rows));
        memcpy(step, next, sizeof(step));
    }
}
