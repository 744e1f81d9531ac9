/* SPDX-License-Identifier: MIT */
/* gate_tables TABLE UPDATES SEED [CAP|uncapped]: one table as CSV, on simulated updates. No model.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "update.h"

static const struct named_noise {
    const char *name;
    struct noise noise;
} noises[] = {
    {"0", {NOISE_SAME, 0}},
    {".02", {NOISE_SAME, 0.02}},
    {".05", {NOISE_SAME, 0.05}},
    {".10", {NOISE_SAME, 0.10}},
    {".15", {NOISE_SAME, 0.15}},
    {"het20", {NOISE_HET20, 0}},
    {"fhir", {NOISE_FHIR, 0}},
    {"coin", {NOISE_COIN, 0}},
    {"drift", {NOISE_DRIFT, 0.05}},
    {"prompt .05", {NOISE_PROMPT, 0.05}},
    {"prompt .15", {NOISE_PROMPT, 0.15}},
};
#define NOISES (sizeof(noises) / sizeof(*noises))

static size_t updates = 4000;
static uint64_t seed = 1;
static int64_t cap; /* 0: the default */

struct cell {
    double accepted, good, caused, rollouts;
    double able, able_good; /* the effect was whole; good ones of these */
    double upper;           /* 95 % bound of accepted (Wilson) */
    size_t p95, most;
};

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static double wilson_upper(double k, double n)
{
    double z = 1.96, p = k / n;
    return (p + z * z / (2 * n) + z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) /
           (1 + z * z / n);
}

static struct cell run_cell(const struct update_shape *shape, const struct update_effect *effect,
                            enum gate_kind gate)
{
    struct cell out = {0};
    const struct update_effect none = {0};
    size_t *rollouts = calloc(updates, sizeof(*rollouts));
    if (!rollouts)
        exit(70);
    for (size_t i = 0; i < updates; i++) {
        uint64_t draw = rnd_hash(seed, i);
        struct update_result result = update_simulate(shape, effect, gate, draw);
        out.accepted += result.accepted;
        out.good += result.accepted_good;
        out.able += result.able;
        out.able_good += result.able && result.accepted_good;
        out.rollouts += (double)result.rollouts;
        rollouts[i] = result.rollouts;
        if (result.accepted_good)
            out.caused += update_simulate(shape, &none, gate, draw).winner != result.winner;
    }
    qsort(rollouts, updates, sizeof(*rollouts), by_size);
    out.p95 = rollouts[updates * 95 / 100];
    out.most = rollouts[updates - 1];
    free(rollouts);
    out.upper = wilson_upper(out.accepted, (double)updates);
    out.accepted /= (double)updates;
    out.good /= (double)updates;
    out.able_good /= out.able > 0 ? out.able : 1;
    out.able /= (double)updates;
    out.caused /= (double)updates;
    out.rollouts /= (double)updates;
    return out;
}

static struct update_shape shape_of(const struct named_noise *noise)
{
    struct update_shape shape = {4, 36, 0.5, 0, noise->noise, duel_defaults};
    shape.options.cap = cap;
    return shape;
}

static void print_head(void)
{
    printf(
        "shape,candidates_with_effect,fixes,breaks,noise,gate,updates,accepted,upper,good,caused,"
        "able,good_if_able,rollouts,rollouts_p95,rollouts_max\n");
}

static void print_cell(const char *shape, const struct update_effect *e, const char *noise,
                       enum gate_kind gate, const struct cell *c)
{
    printf("%s,%zu,%zu,%zu,%s,%s,%zu,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f,%.1f,%zu,%zu\n", shape,
           e->candidates, e->fixes, e->breaks, noise, gate_names[gate], updates, c->accepted,
           c->upper, c->good, c->caused, c->able, c->able_good, c->rollouts, c->p95, c->most);
    fflush(stdout);
}

static void table_false(void)
{
    const struct update_effect none = {0};
    for (size_t n = 0; n < NOISES; n++) {
        for (enum gate_kind gate = 0; gate < GATE_KINDS; gate++) {
            struct update_shape shape = shape_of(&noises[n]);
            struct cell cell = run_cell(&shape, &none, gate);
            print_cell("K4 N36", &none, noises[n].name, gate, &cell);
        }
    }
}

static void table_shapes(void)
{
    static const struct {
        const char *name;
        size_t candidates, probe;
        double accuracy;
        size_t failing;
    } shapes[] = {
        {"K1 N36", 1, 36, 0.5, 0},
        {"K2 N30", 2, 30, 0.5, 0},
        {"K8 N36", 8, 36, 0.5, 0},
        {"K4 N16", 4, 16, 0.5, 0},
        {"K4 N60", 4, 60, 0.5, 0},
        {"K4 N36 acc .75", 4, 36, 0.75, 0},
        {"K4 N36 acc .75 nf 1", 4, 36, 0.75, 1},
        {"K4 N36 acc .75 nf 2", 4, 36, 0.75, 2},
        {"K4 N36 acc .75 nf 4", 4, 36, 0.75, 4},
        {"K4 N36 acc .75 nf 8", 4, 36, 0.75, 8},
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        for (size_t n = 1; n < NOISES; n++) {
            for (size_t m = 0; m <= (shapes[i].failing ? 2 : 0); m++) {
                const struct update_effect effect = {m ? 1 : 0, m, 0};
                struct update_shape shape = shape_of(&noises[n]);
                shape.candidates = shapes[i].candidates;
                shape.probe_size = shapes[i].probe;
                shape.accuracy = shapes[i].accuracy;
                shape.failing = shapes[i].failing;
                if (m > shapes[i].failing)
                    continue;
                struct cell cell = run_cell(&shape, &effect, GATE_DUEL);
                print_cell(shapes[i].name, &effect, noises[n].name, GATE_DUEL, &cell);
                if (m)
                    continue;
                cell = run_cell(&shape, &effect, GATE_REFERENCE);
                print_cell(shapes[i].name, &effect, noises[n].name, GATE_REFERENCE, &cell);
            }
        }
    }
}

static void print_effects(const struct update_effect *effects, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 1; n < NOISES; n++) {
            struct update_shape shape = shape_of(&noises[n]);
            struct cell cell = run_cell(&shape, &effects[i], GATE_DUEL);
            print_cell(name, &effects[i], noises[n].name, GATE_DUEL, &cell);
            cell = run_cell(&shape, &effects[i], GATE_REFERENCE);
            print_cell(name, &effects[i], noises[n].name, GATE_REFERENCE, &cell);
        }
    }
}

static void table_harm(void)
{
    static const struct update_effect effects[] = {
        {4, 0, 1}, {4, 0, 2}, {4, 1, 2}, {4, 2, 3}, {4, 1, 3}, {4, 1, 1}, {4, 2, 2},
    };
    print_effects(effects, sizeof(effects) / sizeof(*effects), "K4 N36");
}

static void table_power(void)
{
    static const struct update_effect effects[] = {
        {1, 1, 0}, {1, 2, 0}, {1, 3, 0}, {1, 5, 0}, {1, 8, 0}, {1, 2, 1}, {1, 3, 1},
        {1, 5, 1}, {1, 8, 1}, {1, 3, 2}, {1, 5, 2}, {1, 8, 2}, {4, 3, 0}, {4, 8, 0},
    };
    print_effects(effects, sizeof(effects) / sizeof(*effects), "K4 N36");
}

static void table_power_alone(void)
{
    static const size_t fixes[] = {1, 2, 3, 5, 8};
    for (size_t i = 0; i < 5; i++) {
        for (size_t n = 1; n < NOISES; n++) {
            const struct update_effect effect = {1, fixes[i], 0};
            struct update_shape shape = shape_of(&noises[n]);
            shape.candidates = 1;
            struct cell cell = run_cell(&shape, &effect, GATE_DUEL);
            print_cell("K1 N36", &effect, noises[n].name, GATE_DUEL, &cell);
            cell = run_cell(&shape, &effect, GATE_REFERENCE);
            print_cell("K1 N36", &effect, noises[n].name, GATE_REFERENCE, &cell);
        }
    }
}

/* A task declared deterministic, in which edits that do not help may turn samples round. */
static void table_settled(void)
{
    static const struct {
        const char *name;
        int64_t min_fixed;
        bool yardstick;
    } rules[] = {
        {"1 hit", 1, false}, {"2 hits", 2, false}, {"3 hits", 3, false}, {"yardstick", 1, true}};
    static const struct named_noise churns[] = {{"0", {NOISE_CHURN, 0}},
                                                {".01", {NOISE_CHURN, 0.01}},
                                                {".02", {NOISE_CHURN, 0.02}},
                                                {".05", {NOISE_CHURN, 0.05}},
                                                {".10", {NOISE_CHURN, 0.10}}};
    for (size_t n = 0; n < sizeof(churns) / sizeof(*churns); n++) {
        struct update_shape shape = shape_of(&churns[n]);
        struct update_effect effect = {0};
        struct cell cell = run_cell(&shape, &effect, GATE_REFERENCE);
        print_cell("reference", &effect, churns[n].name, GATE_REFERENCE, &cell);
        shape.options.settled = true;
        for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
            shape.options.min_fixed = rules[i].min_fixed;
            shape.options.yardstick = rules[i].yardstick;
            for (effect.fixes = 0; effect.fixes <= 3; effect.fixes++) {
                effect.candidates = effect.fixes ? 1 : 0;
                cell = run_cell(&shape, &effect, GATE_DUEL);
                print_cell(rules[i].name, &effect, churns[n].name, GATE_DUEL, &cell);
            }
        }
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } tables[] = {
        {"false", table_false}, {"shapes", table_shapes},           {"harm", table_harm},
        {"power", table_power}, {"power_alone", table_power_alone}, {"settled", table_settled}};
    if (argc > 2)
        updates = (size_t)strtoull(argv[2], NULL, 10);
    if (argc > 3)
        seed = strtoull(argv[3], NULL, 10);
    if (argc > 4)
        cap = strcmp(argv[4], "uncapped") == 0 ? GATE_UNCAPPED : strtoll(argv[4], NULL, 10);
    for (size_t i = 0; argc > 1 && updates && i < sizeof(tables) / sizeof(*tables); i++) {
        if (strcmp(argv[1], tables[i].name) == 0) {
            print_head();
            tables[i].print();
            return 0;
        }
    }
    fprintf(stderr, "usage: gate_tables false|shapes|harm|power|power_alone|settled ["
                    "UPDATES [SEED [CAP|uncapped]]]\n");
    return 2;
}
