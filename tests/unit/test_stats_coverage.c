/* SPDX-License-Identifier: MIT */
/* How often the 95 % intervals hold the truth, at the sizes of this field: 60 to 80 samples, 3 to 5
 * seeds. Seeded: the same draws, and so the same figures, everywhere. */
#include "check.h"

#include <math.h>

#include "base/rng.h"
#include "stats/special.h"
#include "stats/stats.h"

#define REPEATS 3000
#define DRAWS 250

struct coverage {
    struct rng rng;
    size_t held, low, high;
};

static void count(struct coverage *c, struct interval interval, double truth)
{
    c->held += interval.low <= truth && truth <= interval.high;
}

static void verdict(const struct coverage *c, const char *what)
{
    double share = (double)c->held / REPEATS;
    printf("%-40s %.4f\n", what, share);
    if (share < 0.94 || share > 0.96)
        fail_msg("%s: the interval holds the truth in %.2f %% of %d", what, 100 * share, REPEATS);
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

static double normal(struct rng *rng)
{
    return normal_quantile(fmin(1 - 1e-12, fmax(1e-12, rng_random(rng))));
}

static double clamp(double p)
{
    return fmin(1, fmax(0, p));
}

static void newcombe_covers(size_t n_a, double a, size_t n_b, double b)
{
    struct coverage c = {0};
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
    struct coverage c = {0};
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
    struct coverage c = {0};
    char what[64];
    rng_seed_text(&c.rng, STR("seeds"));
    for (int i = 0; i < REPEATS; i++) {
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
    seeds_cover(3, 0);
    seeds_cover(3, 0.08);
    seeds_cover(5, 0.05);
    seeds_cover(10, 0.1);
}

/* The deviations of the two methods differ by a factor drawn from 1/factor to factor. */
static void welch_covers(size_t n_a, size_t n_b, double sd, double factor)
{
    struct coverage c = {0};
    char what[64];
    rng_seed_text(&c.rng, STR("welch"));
    for (int i = 0; i < REPEATS; i++) {
        double a[16], b[16], p, ratio = pow(factor, rng_random(&c.rng) - 0.5);
        for (size_t s = 0; s < n_a; s++)
            a[s] = 0.4 + sd / ratio * normal(&c.rng);
        for (size_t s = 0; s < n_b; s++)
            b[s] = 0.5 + sd * ratio * normal(&c.rng);
        count(&c, welch(a, n_a, b, n_b, &p), 0.1);
    }
    snprintf(what, sizeof(what), "welch %zu, %zu runs, spread %g", n_a, n_b, factor);
    verdict(&c, what);
}

static void test_welch(void **state)
{
    (void)state;
    welch_covers(5, 5, 0.04, 1);
    welch_covers(5, 5, 0.04, 5);
    welch_covers(10, 5, 0.1, 3);
    welch_covers(3, 3, 0.04, 10); /* of one deviation 96.5 %, of very different ones 94.4 % */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newcombe),
        cmocka_unit_test(test_bootstrap),
        cmocka_unit_test(test_seed_clustered),
        cmocka_unit_test(test_welch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
