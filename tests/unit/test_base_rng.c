/* SPDX-License-Identifier: MIT */
/* Values of CPython 3.11's random.Random. */
#include "check.h"

#include "base/rng.h"

static void seeds_by_text(void **state)
{
    struct rng rng;
    rng_seed_text(&rng, STR("1:shuffle:0"));
    assert_int_equal(rng_next(&rng), 2148225484u);
    assert_int_equal(rng_next(&rng), 2835809545u);
    rng_seed_text(&rng, STR(""));
    assert_int_equal(rng_next(&rng), 4124137760u);
    rng_seed_text(&rng, STR("\xC3\xA9:1"));
    assert_int_equal(rng_next(&rng), 939765430u);
    /* A text that is longer than the state. */
    char text[5000];
    memset(text, 'x', sizeof(text));
    rng_seed_text(&rng, (struct str){text, sizeof(text)});
    assert_int_equal(rng_next(&rng), 2474689500u);
    rng_seed_text(&rng, (struct str){"\0\0a", 3});
    assert_int_equal(rng_next(&rng), 273097315u);
}

static void seeds_by_integer(void **state)
{
    struct rng rng;
    rng_seed_int(&rng, 0);
    assert_int_equal(rng_next(&rng), 3626764237u);
    rng_seed_int(&rng, 2003004);
    assert_int_equal(rng_next(&rng), 821649557u);
    rng_seed_int(&rng, -2003004);
    assert_int_equal(rng_next(&rng), 821649557u);
    rng_seed_int(&rng, INT64_C(1) << 40);
    assert_int_equal(rng_next(&rng), 445128065u);
    rng_seed_int(&rng, INT64_MIN);
    assert_int_equal(rng_next(&rng), 2377109768u);
}

static void runs_past_the_first_refill(void **state)
{
    struct rng rng;
    rng_seed_int(&rng, 1);
    for (int i = 0; i < 2000; i++)
        rng_next(&rng);
    assert_int_equal(rng_next(&rng), 1767993442u);
}

static void draws_bits(void **state)
{
    static const struct {
        unsigned k;
        uint64_t want;
    } cases[] = {{1, UINT64_C(0)},
                 {5, UINT64_C(30)},
                 {31, UINT64_C(323946139)},
                 {32, UINT64_C(1695753998)},
                 {33, UINT64_C(2795742288)},
                 {40, UINT64_C(902254243635)},
                 {63, UINT64_C(868196408185819179)},
                 {64, UINT64_C(10750541312280087032)}};
    struct rng rng;
    rng_seed_int(&rng, 7);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_true(rng_bits(&rng, cases[i].k) == cases[i].want);
    assert_true(rng_below(&rng, UINT64_C(1) << 63) == UINT64_C(3960482443532127989));
    assert_true(rng_below(&rng, UINT64_MAX) == UINT64_C(1585446675937841368));
    assert_true(rng_below(&rng, 1) == 0);
    assert_true(rng_random(&rng) == 0.41817215137075947);
}

static void shuffles_and_samples(void **state)
{
    struct rng rng;
    size_t items[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    static const size_t shuffled[] = {1, 6, 4, 0, 2, 5, 3, 7};
    rng_seed_text(&rng, STR("s"));
    rng_shuffle(&rng, items, 8);
    assert_memory_equal(items, shuffled, sizeof(items));
    rng_shuffle(&rng, items, 1);
    rng_shuffle(&rng, NULL, 0);
    static const struct {
        size_t n, k, want[8];
    } cases[] = {{21, 5, {3, 12, 11, 16, 5}},
                 {22, 5, {4, 13, 1, 6, 16}},
                 {85, 6, {52, 78, 61, 54, 8, 56}},
                 {86, 6, {61, 44, 68, 36, 35, 55}},
                 {5, 5, {2, 4, 1, 3, 0}},
                 {1000000, 8, {506335, 577929, 250627, 941552, 738126, 829847, 443144, 351392}},
                 {1, 1, {0}},
                 {3, 0, {0}},
                 {37, 6, {2, 0, 24, 13, 33, 28}},
                 {300, 8, {282, 33, 28, 62, 155, 227, 13, 233}}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        size_t out[8] = {0};
        rng_sample(&rng, cases[i].n, cases[i].k, out);
        assert_memory_equal(out, cases[i].want, sizeof(out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_by_text),
        cmocka_unit_test(seeds_by_integer),
        cmocka_unit_test(runs_past_the_first_refill),
        cmocka_unit_test(draws_bits),
        cmocka_unit_test(shuffles_and_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
