/* SPDX-License-Identifier: MIT */
#include "golden_grasp_rng.h"

#include <inttypes.h>

#include "base/mem.h"
#include "base/rng.h"

static void seed_from(struct rng *rng, const struct json *seed)
{
    if (json_is(seed, JSON_STRING))
        rng_seed_text(rng, json_str(seed));
    else
        rng_seed_int(rng, json_int(seed, -1));
}

static void check_words(struct golden *g, const struct json *c)
{
    struct rng rng;
    seed_from(&rng, json_get(c, "seed"));
    const struct json *words = json_get(c, "getrandbits32");
    golden_expect(g, json_count(words) > 0, "getrandbits32 is missing");
    for (size_t i = 0; i < json_count(words); i++)
        golden_expect_int(g, "getrandbits32", (int64_t)rng_bits(&rng, 32),
                          json_int(json_at(words, i), -1));
}

static void check_fractions(struct golden *g, const struct json *c)
{
    struct rng rng;
    seed_from(&rng, json_get(c, "seed"));
    const struct json *fractions = json_get(c, "random");
    golden_expect(g, json_count(fractions) > 0, "random is missing");
    for (size_t i = 0; i < json_count(fractions); i++)
        golden_expect(g, rng_random(&rng) == json_double(json_at(fractions, i), -1), "random");
}

static void check_below(struct golden *g, const struct json *c)
{
    struct rng rng;
    seed_from(&rng, json_get(c, "seed"));
    const struct json *pairs = json_get(c, "randbelow");
    golden_expect(g, json_count(pairs) > 0, "randbelow is missing");
    for (size_t i = 0; i < json_count(pairs); i++) {
        const struct json *pair = json_at(pairs, i);
        uint64_t n = (uint64_t)json_int(json_at(pair, 0), 1);
        golden_expect_int(g, "randbelow", (int64_t)rng_below(&rng, n),
                          json_int(json_at(pair, 1), -1));
    }
}

static void expect_positions(struct golden *g, const char *what, const size_t *got, size_t count,
                             const struct json *want)
{
    CLEANUP_JSON struct json *list = json_new_array();
    for (size_t i = 0; i < count; i++)
        json_push(list, json_new_int((int64_t)got[i]));
    golden_expect_json(g, what, list, want);
}

static void check_shuffle(struct golden *g, const struct json *c)
{
    struct rng rng;
    size_t items[20];
    for (size_t i = 0; i < 20; i++)
        items[i] = i;
    seed_from(&rng, json_get(c, "seed"));
    rng_shuffle(&rng, items, 20);
    expect_positions(g, "shuffle20", items, 20, json_get(c, "shuffle20"));
}

static void check_samples(struct golden *g, const struct json *c)
{
    static const struct {
        const char *key;
        size_t n, k;
    } draws[] = {
        {"sample_50_6", 50, 6},
        {"then_sample_10_3", 10, 3},
        {"then_sample_200_4", 200, 4},
        {"then_sample_5_5", 5, 5},
    };
    struct rng rng;
    size_t out[6];
    seed_from(&rng, json_get(c, "seed"));
    for (size_t i = 0; i < sizeof(draws) / sizeof(*draws); i++) {
        rng_sample(&rng, draws[i].n, draws[i].k, out);
        expect_positions(g, draws[i].key, out, draws[i].k, json_get(c, draws[i].key));
    }
}

/* The order of task4_1 ... task4_20 after a shuffle. */
static void expect_order(struct golden *g, const char *what, struct rng *rng,
                         const struct json *want)
{
    size_t items[20];
    for (size_t i = 0; i < 20; i++)
        items[i] = i + 1;
    rng_shuffle(rng, items, 20);
    CLEANUP_JSON struct json *list = json_new_array();
    for (size_t i = 0; i < 20; i++) {
        CLEANUP_FREE char *id = mem_printf("task4_%zu", items[i]);
        json_push(list, json_new_str(str_of(id)));
    }
    golden_expect_json(g, what, list, want);
}

static void check_dev_order(struct golden *g, const struct json *c)
{
    int64_t seed = json_int(json_get(c, "seed"), 0), epoch = json_int(json_get(c, "epoch"), 0);
    CLEANUP_FREE char *text = mem_printf("%" PRId64 ":shuffle:%" PRId64, seed, epoch);
    struct rng rng;
    rng_seed_text(&rng, str_of(text));
    expect_order(g, "core_order", &rng, json_get(c, "core_order"));
    rng_seed_int(&rng, seed * 1000000 + epoch);
    expect_order(g, "int_seed_order", &rng, json_get(c, "int_seed_order"));
}

int golden_rng_sections(struct golden *g)
{
    int before = g->failed;
    golden_section(g, "sections.python_random.cases");
    for (const struct json *c; (c = golden_next(g));) {
        check_words(g, c);
        check_fractions(g, c);
        check_below(g, c);
        check_shuffle(g, c);
        check_samples(g, c);
    }
    golden_section(g, "sections.dev_shuffle.cases");
    for (const struct json *c; (c = golden_next(g));)
        check_dev_order(g, c);
    return g->failed - before;
}
