/* SPDX-License-Identifier: MIT */
/* The machine of the gate: what it asks for, what it decides, and what holds of any outcomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "duel_random.h"
#include "methods/grasp/duel.h"
#include "methods/grasp/duel_plan.h"

#define DEV 96
#define FAILING 18
#define PROBE 36
#define MOST 4

struct play {
    struct duel_setup setup;
    struct duel_candidate candidates[MOST];
    struct duel_target failing[FAILING];
    uint32_t passing[DEV];
    /* Whether a candidate (or the library, last) solves a sample: 1, 0, or -1 by an invalid
     * action, -2 not to be run. */
    int solves[MOST + 1][DEV];
    size_t broken_rollout; /* could not be run at first; DUEL_NONE: none */
    struct duel *duel;
    _Alignas(16) char memory[1 << 17];
};

static void set_up(struct play *p, size_t candidates)
{
    memset(p, 0, sizeof(*p));
    p->broken_rollout = DUEL_NONE;
    p->setup = (struct duel_setup){
        .options = duel_defaults,
        .candidates = p->candidates,
        .candidate_count = candidates,
        .samples = DEV,
        .probe_size = PROBE,
    };
    for (uint32_t i = 0; i < FAILING; i++)
        p->failing[i] = (struct duel_target){i, DUEL_OTHER_LABEL};
    for (uint32_t i = FAILING; i < DEV; i++) {
        p->passing[i - FAILING] = i;
        for (size_t k = 0; k <= MOST; k++)
            p->solves[k][i] = 1;
    }
    for (size_t k = 0; k < candidates; k++)
        p->candidates[k] =
            (struct duel_candidate){p->failing, FAILING, p->passing, DEV - FAILING, false};
}

static enum duel_outcome outcome_of(const struct play *p, const struct duel_rollout *r, size_t at)
{
    int solved = p->solves[r->candidate < 0 ? MOST : r->candidate][r->sample];
    if (at == p->broken_rollout || solved == -2)
        return DUEL_VOID;
    return solved == 1 ? DUEL_SOLVED : solved ? DUEL_INVALID : DUEL_FAILED;
}

static size_t run(struct play *p)
{
    size_t count, at = 0;
    assert_in_range(duel_room(&p->setup), 1, sizeof(p->memory));
    p->duel = duel_open(&p->setup, p->memory);
    const struct duel_rollout *rollouts = duel_rollouts(p->duel, &count);
    while (!duel_over(p->duel)) {
        assert_true(at < count);
        duel_tell(p->duel, at, outcome_of(p, &rollouts[at], at));
        at++;
        duel_rollouts(p->duel, &count);
    }
    assert_int_equal(at, count);
    assert_true((int64_t)count <= duel_bounds(&p->setup).cap);
    return count;
}

static const struct duel_report *report(const struct play *p, size_t k)
{
    return &duel_reports(p->duel)[k];
}

static void test_nothing_to_do(void **state)
{
    static struct play p;
    set_up(&p, 0);
    assert_int_equal(run(&p), 0);
    assert_true(duel_winner(p.duel) == DUEL_NONE);
    set_up(&p, 2);
    p.candidates[0].failing_count = p.candidates[1].failing_count = 0;
    assert_int_equal(run(&p), 0);
    assert_int_equal(report(&p, 0)->fate, DUEL_NO_HIT);
}

/* No hit: only the screen is paid for, of the size that the probe's says. */
static void test_screen(void **state)
{
    static const struct {
        size_t candidates, probe, screen;
    } sizes[] = {{4, 36, 9}, {1, 36, 14}, {2, 30, 9}, {1, 4, 2}};
    static struct play p;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        set_up(&p, sizes[i].candidates);
        p.setup.probe_size = sizes[i].probe;
        assert_int_equal(run(&p), sizes[i].candidates * sizes[i].screen);
        assert_int_equal(report(&p, 0)->fate, DUEL_NO_HIT);
    }
}

/* The smallest score with 3^score >= candidates / alpha. */
static void test_threshold(void **state)
{
    static const int64_t threshold[] = {0, 3, 4, 4, 4};
    static struct play p;
    for (size_t k = 1; k <= MOST; k++) {
        set_up(&p, k);
        run(&p);
        assert_int_equal(duel_bounds(&p.setup).threshold, threshold[k]);
    }
    /* What four candidates at 4 have left over of .05. */
    set_up(&p, 1);
    p.setup.options.spent = 4.0 / 81;
    run(&p);
    assert_int_equal(duel_bounds(&p.setup).threshold, 7);
}

static void test_accepts(void **state)
{
    static struct play p;
    set_up(&p, 2);
    p.solves[1][0] = p.solves[1][3] = 1;
    size_t count = run(&p);
    assert_int_equal(duel_winner(p.duel), 1);
    assert_int_equal(report(&p, 0)->fate, DUEL_NO_HIT);
    const struct duel_report *r = report(&p, 1);
    assert_int_equal(r->hits, 2);
    assert_int_equal(r->held, 2);
    assert_int_equal(r->wins, 4);
    assert_int_equal(r->losses, 0);
    assert_int_equal(r->broken, 0);
    /* Two of nine, on eighteen. */
    assert_true(r->screened == 13 ? r->gain * 13 > 35.9 : r->gain > 0);
    assert_int_equal(count, 2 * r->screened + 2 + 2 + 8 + 2 * 18);
    /* The first of several draws is the plain one, all others are numbered. */
    size_t n;
    const struct duel_rollout *rollouts = duel_rollouts(p.duel, &n);
    for (size_t i = 0; i < n; i++) {
        assert_true(rollouts[i].draw > 0 || rollouts[i].role == DUEL_SCREEN ||
                    rollouts[i].role == DUEL_SAFETY);
        for (size_t j = 0; j < i; j++)
            assert_false(rollouts[i].sample == rollouts[j].sample &&
                         rollouts[i].candidate == rollouts[j].candidate &&
                         rollouts[i].draw == rollouts[j].draw && rollouts[i].role != DUEL_SAFETY);
    }
}

/* The library solves the hits too: noise, found by the shared second look. */
static void test_library_solves_it(void **state)
{
    static struct play p;
    set_up(&p, 4);
    for (size_t k = 0; k < 4; k++)
        p.solves[k][2] = 1;
    p.solves[MOST][2] = 1;
    assert_int_equal(run(&p), 4 * 9 + 1);
    assert_int_equal(report(&p, 3)->fate, DUEL_NOT_AGAIN);
}

static void test_breaks(void **state)
{
    static struct play p;
    set_up(&p, 4);
    p.solves[0][0] = p.solves[2][0] = p.solves[2][1] = 1;
    for (size_t i = FAILING; i < FAILING + 3; i++)
        p.solves[2][i] = 0;
    run(&p);
    /* The one with more hits breaks too much: the next best is accepted. */
    assert_int_equal(report(&p, 2)->fate, DUEL_BREAKS);
    assert_int_equal(report(&p, 2)->rank, 0);
    assert_int_equal(report(&p, 2)->broken, 1);
    assert_int_equal(duel_winner(p.duel), 0);
    /* One break is worth it with more fixes, unless it is by an invalid action that counts more. */
    set_up(&p, 1);
    for (size_t i = 0; i < 8; i++)
        p.solves[0][i] = 1;
    p.solves[0][FAILING] = -1;
    p.setup.options.cap = 100;
    run(&p);
    assert_int_equal(duel_winner(p.duel), 0);
    assert_int_equal(report(&p, 0)->broken, 1);
    p.setup.options.invalid_weight = 2;
    run(&p);
    assert_int_equal(report(&p, 0)->fate, DUEL_BREAKS);
}

/* What ranks behind the winner is undecided, and carried on. */
static void test_undecided(void **state)
{
    static struct play p;
    set_up(&p, 3);
    p.solves[0][0] = p.solves[2][0] = p.solves[2][1] = p.solves[1][2] = 1;
    run(&p);
    assert_int_equal(duel_winner(p.duel), 2);
    assert_int_equal(duel_carried(p.duel), 0);
    assert_int_equal(report(&p, 1)->fate, DUEL_UNDECIDED);
    assert_int_equal(duel_target_state(p.duel, 0, 0), 1);
    assert_int_equal(duel_target_state(p.duel, 0, 1), 0);
    assert_int_equal(duel_target_state(p.duel, 0, FAILING - 1), -1);
    p.setup.options.cap = 60;
    assert_int_equal(run(&p) > 60, 0);
    assert_true(duel_winner(p.duel) == DUEL_NONE);
    assert_int_equal(duel_carried(p.duel), 2);
}

/* Whichever rollout cannot be run at first, the decision is the same. */
static void test_each_rollout_fails(void **state)
{
    static struct play p;
    set_up(&p, 2);
    p.solves[0][1] = 1;
    for (size_t i = 0; i < 8; i++)
        p.solves[1][i] = 1;
    p.solves[1][FAILING + 2] = 0;
    size_t count = run(&p);
    for (size_t i = 0; i < count; i++) {
        p.broken_rollout = i;
        assert_int_equal(run(&p), count + 1);
        assert_int_equal(duel_winner(p.duel), 1);
        assert_int_equal(report(&p, 1)->wins, 4);
        assert_int_equal(report(&p, 1)->losses, 0);
        assert_int_equal(report(&p, 1)->broken, 1);
    }
}

/* A sample that can never be run says nothing. */
static void test_never_runs(void **state)
{
    static struct play p;
    set_up(&p, 1);
    for (size_t i = 0; i < FAILING; i++)
        p.solves[0][i] = -2;
    assert_int_equal(run(&p), 3 * 14);
    assert_int_equal(report(&p, 0)->screened, 0);
    assert_int_equal(report(&p, 0)->fate, DUEL_NO_HIT);
    set_up(&p, 1);
    p.solves[0][0] = 1;
    p.solves[MOST][0] = -2;
    run(&p);
    assert_int_equal(report(&p, 0)->fate, DUEL_NOT_AGAIN);
    set_up(&p, 1);
    p.solves[0][0] = 1;
    for (size_t i = FAILING; i < DEV; i++)
        p.solves[0][i] = -2;
    p.setup.options.cap = 1000;
    run(&p);
    assert_int_equal(report(&p, 0)->fate, DUEL_UNDECIDED);
}

static void test_settled(void **state)
{
    static struct play p;
    set_up(&p, 4);
    p.setup.options.settled = true;
    p.solves[1][0] = p.solves[1][1] = 1;
    assert_int_equal(run(&p), 4 * 15 + 18);
    assert_int_equal(duel_winner(p.duel), 1);
    assert_int_equal(report(&p, 1)->wins, 0);
    /* One hit could be one of the others'. */
    p.solves[1][1] = 0;
    run(&p);
    assert_int_equal(report(&p, 1)->fate, DUEL_USUAL);
    p.setup.options.yardstick = false;
    run(&p);
    assert_int_equal(duel_winner(p.duel), 1);
    /* As likely as alpha is enough. */
    set_up(&p, 1);
    p.setup.options.settled = true;
    p.setup.options.alpha = 0.5;
    p.candidates[0].failing_count = p.solves[0][0] = 1;
    run(&p);
    assert_int_equal(duel_winner(p.duel), 0);
}

/* So many runs that the chance of each single count of hits is next to nothing. */
static void test_settled_of_many(void **state)
{
    enum { RUNS = 4000 };
    static struct duel_target failing[RUNS];
    static _Alignas(16) char memory[1 << 22];
    for (uint32_t i = 0; i < RUNS; i++)
        failing[i] = (struct duel_target){i, DUEL_OTHER_LABEL};
    const struct duel_candidate candidates[] = {{.failing = failing, .failing_count = RUNS},
                                                {.failing = failing, .failing_count = RUNS}};
    struct duel_setup setup = {duel_defaults, candidates, 2, RUNS, RUNS};
    setup.options.settled = true;
    setup.options.screen = RUNS;
    for (uint32_t own = 1; own <= 2; own++) {
        size_t count, at = 0;
        assert_in_range(duel_room(&setup), 1, sizeof(memory));
        struct duel *duel = duel_open(&setup, memory);
        const struct duel_rollout *rollouts = duel_rollouts(duel, &count);
        for (; !duel_over(duel); duel_rollouts(duel, &count), at++) {
            uint32_t most = rollouts[at].candidate ? 1 : own;
            duel_tell(duel, at, rollouts[at].sample % 4 < most ? DUEL_SOLVED : DUEL_FAILED);
        }
        assert_int_equal(duel_reports(duel)[0].fate, own == 1 ? DUEL_USUAL : DUEL_ACCEPTED);
    }
}

/* The one hit loses again and again. */
static void test_floor_far_below(void **state)
{
    static struct play p;
    static _Alignas(16) char memory[1 << 20];
    set_up(&p, 1);
    p.candidates[0].failing_count = 1;
    p.setup.options.floor = -2000;
    p.setup.options.max_duels = 3000;
    p.setup.options.cap = 5000;
    size_t count, at = 0;
    assert_in_range(duel_room(&p.setup), 1, sizeof(memory));
    struct duel *duel = duel_open(&p.setup, memory);
    const struct duel_rollout *rollouts = duel_rollouts(duel, &count);
    for (; !duel_over(duel); duel_rollouts(duel, &count), at++)
        duel_tell(duel, at,
                  rollouts[at].role < DUEL_FIGHT && rollouts[at].candidate == 0 ? DUEL_SOLVED
                                                                                : DUEL_FAILED);
    assert_int_equal(duel_reports(duel)[0].losses, 2000);
    assert_int_equal(duel_reports(duel)[0].fate, DUEL_LOST);
}

static void test_options_are_checked(void **state)
{
    static struct play p;
    set_up(&p, 1);
    assert_int_not_equal(duel_room(&p.setup), 0);
    p.setup.options.floor = 0;
    assert_int_equal(duel_room(&p.setup), 0);
    set_up(&p, 1);
    p.setup.options.alpha = 1.5;
    assert_int_equal(duel_room(&p.setup), 0);
}

static uint64_t first(void *arg, uint64_t n)
{
    return n - 1; /* leaves a shuffle as it was */
}

static void test_order(void **state)
{
    struct duel_record records[8] = {{0}};
    const bool trigger[8] = {[1] = true}, carried[8] = {[6] = true}, same[8] = {[3] = true};
    const struct duel_subject subject = {7, trigger, carried, same};
    struct duel_target out[8];
    uint32_t order[8];
    duel_remember(&records[0], false, 1, 3); /* another label */
    duel_remember(&records[1], false, 1, 7); /* triggering */
    duel_remember(&records[2], false, 0, 7); /* an older version */
    duel_remember(&records[3], false, 1, 7); /* cannot differ */
    duel_remember(&records[4], true, 1, 0);
    duel_remember(&records[5], false, 1, 7);
    duel_remember(&records[5], false, 1, 7); /* failed twice */
    duel_remember(&records[6], false, 1, 3); /* an earlier hit */
    duel_remember(&records[7], true, 0, 0);
    duel_remember(&records[7], false, 1, 7);
    assert_int_equal(duel_plan_failing(records, 8, 1, &subject, first, NULL, order, out), 6);
    const uint32_t expected[] = {6, 5, 7, 2, 0, 1};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(out[i].sample, expected[i]);
    assert_int_equal(out[0].stratum, DUEL_CARRIED);
    assert_int_equal(out[1].stratum, DUEL_SAME_LABEL);
    assert_int_equal(out[4].stratum, DUEL_OTHER_LABEL);
    assert_int_equal(duel_plan_lost(records, 8, first, NULL, order, out), 1);
    assert_int_equal(out[0].sample, 7);
}

static void test_passing_order(void **state)
{
    struct duel_record records[5] = {{0}};
    uint32_t out[5];
    for (size_t i = 0; i < 4; i++)
        duel_remember(&records[i], true, i % 2 ? 3 : 2, 0);
    assert_int_equal(duel_plan_passing(records, 5, 3, NULL, first, NULL, out), 4);
    const uint32_t expected[] = {1, 3, 0, 2};
    assert_memory_equal(out, expected, sizeof(expected));
}

static void test_random_sequences(void **state)
{
    uint64_t rollouts = 0, accepted = 0;
    for (uint64_t seed = 0; seed < 50000; seed++) {
        const char *wrong = duel_random_check(seed, &rollouts, &accepted);
        if (wrong)
            fail_msg("seed %llu: %s", (unsigned long long)seed, wrong);
    }
    /* They reach all of it. */
    assert_true(accepted > 5000);
    assert_true(rollouts > 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_do),       cmocka_unit_test(test_screen),
        cmocka_unit_test(test_threshold),           cmocka_unit_test(test_accepts),
        cmocka_unit_test(test_library_solves_it),   cmocka_unit_test(test_breaks),
        cmocka_unit_test(test_undecided),           cmocka_unit_test(test_each_rollout_fails),
        cmocka_unit_test(test_never_runs),          cmocka_unit_test(test_settled),
        cmocka_unit_test(test_settled_of_many),     cmocka_unit_test(test_floor_far_below),
        cmocka_unit_test(test_options_are_checked), cmocka_unit_test(test_order),
        cmocka_unit_test(test_passing_order),       cmocka_unit_test(test_random_sequences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
