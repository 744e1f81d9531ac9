/* SPDX-License-Identifier: MIT */
/* The statistics against recorded values of SciPy and statsmodels (stats_cases.json). */
#include "check.h"

#include <math.h>

#include "base/json.h"
#include "stats/special.h"
#include "stats/stats.h"

#define TOLERANCE 1e-9
#define MAX_VALUES 16

struct arguments {
    const struct json *json;
    double numbers[MAX_VALUES];
    double lists[2][MAX_VALUES];
    size_t counts[2];
};

static size_t whole(const struct arguments *a, size_t i)
{
    return (size_t)a->numbers[i];
}

static size_t put(double *out, struct interval interval, double p)
{
    out[0] = interval.low;
    out[1] = interval.high;
    out[2] = p;
    return 3;
}

static size_t one(double *out, double value)
{
    out[0] = value;
    return 1;
}

static size_t call_distribution(struct str name, const double *x, double *out)
{
    if (str_is(name, "normal_cdf"))
        return one(out, normal_cdf(x[0]));
    if (str_is(name, "normal_quantile"))
        return one(out, normal_quantile(x[0]));
    if (str_is(name, "beta_cdf"))
        return one(out, beta_cdf(x[0], x[1], x[2]));
    if (str_is(name, "student_cdf"))
        return one(out, student_cdf(x[0], x[1]));
    if (str_is(name, "student_density"))
        return one(out, student_density(x[0], x[1]));
    if (str_is(name, "student_quantile"))
        return one(out, student_quantile(x[0], x[1]));
    if (str_is(name, "noncentral_t_cdf"))
        return one(out, noncentral_t_cdf(x[0], x[1], x[2]));
    if (str_is(name, "binomial_cdf"))
        return one(out, binomial_cdf(x[0], x[1], x[2]));
    return 0;
}

static size_t call_lists(struct str name, struct arguments *a, double *out)
{
    double p;
    if (str_is(name, "welch") || str_is(name, "welch_calibrated")) {
        struct welch w = {.df_a = (double)a->counts[0] - 1, .df_b = (double)a->counts[1] - 1};
        if (str_is(name, "welch_calibrated"))
            welch_calibrate(&w, a->counts[0], a->counts[1]);
        struct interval i = welch(&w, a->lists[0], a->lists[1], &p);
        return put(out, i, p);
    }
    if (str_is(name, "scheffe")) {
        struct interval i = scheffe(a->lists[0], a->counts[0], a->lists[1], a->counts[1], &p);
        return put(out, i, p);
    }
    if (str_is(name, "seed_clustered")) {
        struct interval i = seed_clustered(a->lists[0], a->counts[0], &p);
        return put(out, i, p);
    }
    if (str_is(name, "holm")) {
        memcpy(out, a->lists[0], sizeof(a->lists[0]));
        holm(out, a->counts[0]);
        return a->counts[0];
    }
    return 0;
}

static size_t call(struct str name, struct arguments *a, double *out)
{
    const double *x = a->numbers;
    if (str_is(name, "mcnemar_exact"))
        return one(out, mcnemar_exact(whole(a, 0), whole(a, 1)));
    if (str_is(name, "cohen_h"))
        return one(out, cohen_h(x[0], x[1]));
    if (str_is(name, "fisher_exact"))
        return one(out, fisher_exact(whole(a, 0), whole(a, 1), whole(a, 2), whole(a, 3)));
    if (str_is(name, "newcombe"))
        return put(out, newcombe(whole(a, 0), whole(a, 1), whole(a, 2), whole(a, 3)), 0) - 1;
    if (str_is(name, "welch_coverage")) {
        struct welch w = {.df_a = x[0], .df_b = x[1]};
        return one(out, welch_coverage(&w, x[2]));
    }
    if (str_is(name, "seeds_power"))
        return one(out, seeds_power(whole(a, 0), x[1], x[2]));
    if (str_is(name, "mcnemar_power"))
        return one(out, mcnemar_power(whole(a, 0), x[1], x[2], x[3]));
    size_t count = call_distribution(name, x, out);
    return count ? count : call_lists(name, a, out);
}

static struct arguments arguments_of(const struct json *json)
{
    struct arguments a = {.json = json};
    for (size_t i = 0; i < json_count(json); i++) {
        const struct json *item = json_at(json, i);
        a.numbers[i] = json_double(item, 0);
        for (size_t k = 0; json_is(item, JSON_ARRAY) && k < json_count(item); k++)
            a.lists[i][a.counts[i]++] = json_double(json_at(item, k), 0);
    }
    return a;
}

static void agrees_with_scipy(void **state)
{
    CLEANUP_BUF struct buf text = {0};
    (void)state;
    assert_int_equal(file_read(SOURCE_ROOT "/tests/unit/stats_cases.json", 0, &text, NULL), 0);
    CLEANUP_JSON struct json *root = json_parse(buf_view(&text), NULL);
    const struct json *cases = json_get(root, "cases");
    size_t bad = 0;
    assert_true(json_count(cases) > 60);
    for (size_t i = 0; i < json_count(cases); i++) {
        const struct json *c = json_at(cases, i), *want = json_get(c, "value");
        struct arguments a = arguments_of(json_get(c, "args"));
        double got[MAX_VALUES] = {0};
        size_t count = call(json_str(json_get(c, "function")), &a, got);
        assert_int_equal(count, json_count(want));
        for (size_t k = 0; k < count; k++) {
            double value = json_double(json_at(want, k), NAN);
            if (fabs(got[k] - value) <= TOLERANCE)
                continue;
            bad++;
            printf("%s: %.15g, not %.15g\n", json_str(json_get(c, "call")).ptr, got[k], value);
        }
    }
    assert_int_equal(bad, 0);
}

static void bootstrap_is_reproducible(void **state)
{
    static const int differences[] = {1, 0, 0, -1, 1, 1, 0, 1, 0, 0, 1, 0};
    (void)state;
    struct interval a = bootstrap_paired(differences, 12, 1, 2000, "seed");
    struct interval b = bootstrap_paired(differences, 12, 1, 2000, "seed");
    struct interval c = bootstrap_paired(differences, 12, 1, 2000, "other");
    assert_true(a.low == b.low && a.high == b.high);
    assert_true(fabs(a.low - c.low) < 0.1 && fabs(a.high - c.high) < 0.1);
    assert_true(a.low < 4. / 12 && a.high > 4. / 12 && a.low >= -1 && a.high <= 1);
}

static void searches_end_where_power_is_reached(void **state)
{
    (void)state;
    size_t n = mcnemar_samples(0.21, 0.1, 0.05, 0.8, 10000);
    assert_true(n > 100 && n < 200);
    assert_true(mcnemar_power(n, 0.21, 0.1, 0.05) >= 0.8);
    assert_true(mcnemar_power(n - 1, 0.21, 0.1, 0.05) < 0.8);
    assert_int_equal(mcnemar_samples(0.21, 0.001, 0.05, 0.8, 10000), 0);
    double least = mcnemar_detectable(64, 0.3, 0.05, 0.8);
    assert_true(fabs(mcnemar_power(64, 0.3, least, 0.05) - 0.8) < 1e-6);
    assert_true(mcnemar_detectable(4, 0.3, 0.05, 0.8) == 1);
    double effect = seeds_detectable(3, 0.05, 0.8);
    assert_true(fabs(seeds_power(3, effect, 0.05) - 0.8) < 1e-6);
}

static void degenerate_counts(void **state)
{
    double p;
    static const double same[] = {0.1, 0.1};
    (void)state;
    struct interval i = seed_clustered(same, 2, &p);
    assert_true(i.low == i.high && p == 0);
    assert_true(mcnemar_power(0, 0.2, 0.1, 0.05) == 0);
    assert_true(mcnemar_power(50, 0, 0, 0.05) == 0);
    assert_true(fabs(mcnemar_power(20, 1, 1, 0.05) - 1) < 1e-9);
    i = newcombe(0, 1, 1, 1);
    assert_true(i.low >= -1 && i.high <= 1 + 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_scipy),
        cmocka_unit_test(bootstrap_is_reproducible),
        cmocka_unit_test(searches_end_where_power_is_reached),
        cmocka_unit_test(degenerate_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
