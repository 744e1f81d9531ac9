/* SPDX-License-Identifier: MIT */
/* How often the 95 % intervals hold the truth, at the sizes of this field: 60 to 80 samples, 2 to
 * 10 runs. Seeded: the same draws, and so the same figures, everywhere. */
#include "check.h"

#include <math.h>

#include "base/rng.h"
#include "stats/stats.h"

#define REPEATS 3000
#define MANY 10000 /* where it costs little */
#define DRAWS 250

struct coverage {
    struct rng rng;
    size_t repeats, held;
};

static void count(struct coverage *c, struct interval interval, double truth)
{
    c->held += interval.low <= truth && truth <= interval.high;
}

static void verdict(const struct coverage *c, const char *what)
{
    double share = (double)c->held / (double)c->repeats;
    printf("%-40s %.4f\n", what, share);
    if (share < 0.94 || share > 0.96)
        fail_msg("%s: the interval holds the truth in %.2f %% of %zu", what, 100 * share,
                 c->repeats);
}

static bool draw(struct rng *rng, double p)
{
    return rng_random(rng) < p;
}

static size_t binomial(struct rng *rng, size_t n, double p)
{
    size_t correct = 0;
    for (size_t i = 0; i < n; i++)
        correct += draw(rng, p);
    return correct;
}

/* The method of Box and Muller. */
static double normal(struct rng *rng)
{
    double radius = sqrt(-2 * log(1 - rng_random(rng)));
    return radius * cos(2 * M_PI * rng_random(rng));
}

static double clamp(double p)
{
    return fmin(1, fmax(0, p));
}

static void newcombe_covers(size_t n_a, double a, size_t n_b, double b)
{
    struct coverage c = {.repeats = REPEATS};
    char what[64];
    rng_seed_text(&c.rng, STR("newcombe"));
    for (int i = 0; i < REPEATS; i++)
        count(&c, newcombe(binomial(&c.rng, n_a, a), n_a, binomial(&c.rng, n_b, b), n_b), b - a);
    snprintf(what, sizeof(what), "newcombe %zu x %g, %zu x %g", n_a, a, n_b, b);
    verdict(&c, what);
}

static void test_newcombe(void **state)
{
    (void)state;
    newcombe_covers(64, 0.4, 64, 0.9);
    newcombe_covers(64, 0.5, 64, 0.5);
    newcombe_covers(60, 0.1, 60, 0.55);
    newcombe_covers(80, 0.5, 80, 0.6);
    newcombe_covers(64, 0.7, 320, 0.75);
}

/* Samples are drawn; each flips to right or to wrong with its own chance for each of the seeds. */
static void bootstrap_covers(size_t n, size_t seeds, double up, double down)
{
    struct coverage c = {.repeats = REPEATS};
    char what[64], seed[32];
    int differences[512];
    rng_seed_text(&c.rng, STR("bootstrap"));
    for (int i = 0; i < REPEATS; i++) {
        for (size_t k = 0; k < n; k++) {
            double hardness = 0.5 + rng_random(&c.rng); /* shared by the seeds; 1 on average */
            differences[k] = 0;
            for (size_t s = 0; s < seeds; s++) {
                double u = rng_random(&c.rng);
                differences[k] += u < up * hardness ? 1 : u > 1 - down * hardness ? -1 : 0;
            }
        }
        snprintf(seed, sizeof(seed), "%d", i);
        count(&c, bootstrap_paired(differences, n, seeds, DRAWS, seed), up - down);
    }
    snprintf(what, sizeof(what), "bootstrap %zu x %zu, +%g -%g", n, seeds, up, down);
    verdict(&c, what);
}

static void test_bootstrap(void **state)
{
    (void)state;
    bootstrap_covers(64, 1, 0.25, 0.1);
    bootstrap_covers(80, 1, 0.15, 0.15);
    bootstrap_covers(60, 1, 0.5, 0.05);
    bootstrap_covers(64, 3, 0.25, 0.1);
    bootstrap_covers(64, 5, 0.1, 0.1);
}

/* Given samples; a run's strength is drawn, then its outcomes. */
static void seeds_cover(size_t seeds, double sd)
{
    struct coverage c = {.repeats = MANY};
    char what[64];
    rng_seed_text(&c.rng, STR("seeds"));
    for (int i = 0; i < MANY; i++) {
        double differences[16], p;
        for (size_t s = 0; s < seeds; s++) {
            double a = clamp(0.5 + sd * normal(&c.rng)), b = clamp(0.6 + sd * normal(&c.rng));
            differences[s] =
                ((double)binomial(&c.rng, 64, b) - (double)binomial(&c.rng, 64, a)) / 64;
        }
        count(&c, seed_clustered(differences, seeds, &p), 0.1);
    }
    snprintf(what, sizeof(what), "seed-clustered, %zu seeds, sd %g", seeds, sd);
    verdict(&c, what);
}

static void test_seed_clustered(void **state)
{
    (void)state;
    seeds_cover(2, 0.08);
    seeds_cover(3, 0);
    seeds_cover(3, 0.08);
    seeds_cover(5, 0.05);
    seeds_cover(10, 0.1);
}

static void draw_runs(struct rng *rng, double *out, size_t count, double mean, double sd)
{
    for (size_t i = 0; i < count; i++)
        out[i] = mean + sd * normal(rng);
}

/* B's deviation is A's, times this. */
static const double ratios[] = {0.1, 0.2, 0.5, 1, 2, 5, 10};

static void welch_covers(size_t n_a, size_t n_b)
{
    struct welch w;
    welch_calibrate(&w, n_a, n_b);
    for (size_t r = 0; r < sizeof(ratios) / sizeof(*ratios); r++) {
        struct coverage c = {.repeats = MANY};
        double a[16], b[16], p;
        char what[64];
        rng_seed_text(&c.rng, STR("welch"));
        for (size_t i = 0; i < MANY; i++) {
            draw_runs(&c.rng, a, n_a, 0.4, 0.04);
            draw_runs(&c.rng, b, n_b, 0.5, 0.04 * ratios[r]);
            count(&c, welch(&w, a, b, &p), 0.1);
        }
        snprintf(what, sizeof(what), "welch %zu, %zu runs, deviations 1 to %g", n_a, n_b,
                 ratios[r]);
        verdict(&c, what);
    }
}

static void test_welch(void **state)
{
    static const size_t sizes[][2] = {{3, 3}, {3, 5}, {3, 10}, {5, 5}, {10, 5}, {10, 10}};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        welch_covers(sizes[i][0], sizes[i][1]);
}

/* Not simulated but computed: every ratio of the deviations, from none to a million. */
static void test_welch_everywhere(void **state)
{
    static const size_t counts[] = {3, 4, 5, 7, 10, 20, 50};
    size_t kinds = sizeof(counts) / sizeof(*counts);
    double least = 1, most = 0;
    (void)state;
    for (size_t i = 0; i < kinds * kinds; i++) {
        struct welch w;
        welch_calibrate(&w, counts[i / kinds], counts[i % kinds]);
        for (int odds = -14; odds <= 14; odds++) {
            double held = welch_coverage(&w, 1 / (1 + exp(-(double)odds)));
            least = fmin(least, held);
            most = fmax(most, held);
        }
    }
    printf("welch, computed                          %.4f to %.4f\n", least, most);
    assert_true(least > 0.944 && most < 0.956);
}

static void scheffe_covers(size_t few, size_t many)
{
    for (size_t r = 0; r < sizeof(ratios) / sizeof(*ratios); r++) {
        struct coverage c = {.repeats = MANY};
        double a[16], b[16], p;
        char what[64];
        rng_seed_text(&c.rng, STR("scheffe"));
        for (size_t i = 0; i < MANY; i++) {
            draw_runs(&c.rng, a, few, 0.4, 0.04);
            draw_runs(&c.rng, b, many, 0.5, 0.04 * ratios[r]);
            count(&c, scheffe(a, few, b, many, &p), 0.1);
        }
        snprintf(what, sizeof(what), "scheffe %zu, %zu runs, deviations 1 to %g", few, many,
                 ratios[r]);
        verdict(&c, what);
    }
}

static void test_scheffe(void **state)
{
    (void)state;
    scheffe_covers(2, 2);
    scheffe_covers(2, 5);
    scheffe_covers(2, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newcombe),         cmocka_unit_test(test_bootstrap),
        cmocka_unit_test(test_seed_clustered),   cmocka_unit_test(test_welch),
        cmocka_unit_test(test_welch_everywhere), cmocka_unit_test(test_scheffe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
