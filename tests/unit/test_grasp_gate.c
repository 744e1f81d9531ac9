/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "methods/grasp/gate.h"

#define PROBE 6

/* As the log had it. */
static const bool was_failing[PROBE] = {true, true, true, false, false, false};

/* One letter per sample: '+' right, '-' wrong, '!' an invalid action, 'e' status error, '?' not
 * available. */
static void read_outcomes(const char *letters, struct gate_outcome out[PROBE])
{
    assert_int_equal(strlen(letters), PROBE);
    for (size_t i = 0; i < PROBE; i++)
        out[i] = (struct gate_outcome){
            .available = letters[i] != '?',
            .correct = letters[i] == '+',
            .error = letters[i] == 'e',
            .invalid = letters[i] == '!',
        };
}

static struct gate_score judge(bool reference, const char *baseline, const char *candidate)
{
    struct gate_outcome base[PROBE], cand[PROBE];
    read_outcomes(baseline, base);
    read_outcomes(candidate, cand);
    return gate_judge(reference ? &gate_reference : &gate_default, was_failing, base, cand, PROBE);
}

static struct gate_score judge_by(struct gate_rules rules, const char *baseline,
                                  const char *candidate)
{
    struct gate_outcome base[PROBE], cand[PROBE];
    read_outcomes(baseline, base);
    read_outcomes(candidate, cand);
    return gate_judge(&rules, was_failing, base, cand, PROBE);
}

static bool passes(bool reference, const char *baseline, const char *candidate)
{
    struct gate_score score = judge(reference, baseline, candidate);
    return gate_pick(&score, 1) == 0;
}

static void counts_fixes_and_regressions(void **state)
{
    struct gate_score score = judge(false, "---+++", "++-+-+");
    assert_int_equal(score.fixes, 2);
    assert_int_equal(score.regressions, 1);
    assert_int_equal(score.net, 1);
    assert_int_equal(score.compared, PROBE);
    assert_false(score.harmless);
    assert_true(passes(false, "---+++", "++-+++"));
    assert_false(passes(false, "---+++", "++-+-+"));
    assert_false(passes(false, "---+++", "---+++"));
}

/* The baseline breaks one sample by bad luck, the candidate another: as many as before, and still
 * a regression. */
static void regressions_are_not_exchanged(void **state)
{
    assert_true(passes(true, "---++-", "+---++"));
    assert_false(passes(false, "---++-", "+---++"));
}

static void bad_luck_of_the_baseline_is_no_fix(void **state)
{
    assert_true(passes(true, "---++-", "---+++"));
    assert_false(passes(false, "---++-", "---+++"));
    assert_int_equal(judge(false, "---++-", "---+++").fixes, 0);
}

static void a_sample_the_library_solves_by_now_can_be_broken(void **state)
{
    struct gate_score score = judge(false, "+--+++", "-+-+++");
    assert_int_equal(score.fixes, 1);
    assert_int_equal(score.regressions, 1);
}

static void what_was_not_available_says_nothing(void **state)
{
    struct gate_score score = judge(false, "?--+++", "++-+++");
    assert_int_equal(score.fixes, 1);
    assert_int_equal(score.compared, PROBE - 1);
    score = judge(false, "---+++", "+-?++?");
    assert_int_equal(score.fixes, 1);
    assert_int_equal(score.regressions, 0);
    assert_true(score.harmless);
    score = judge(false, "---++?", "+--++-");
    assert_int_equal(score.regressions, 0);
    assert_int_equal(score.baseline_regressions, 0);
    assert_int_equal(gate_compare(&gate_default, false, (struct gate_outcome){.available = true},
                                  (struct gate_outcome){0}),
                     GATE_UNKNOWN);
}

static void too_little_to_compare_is_not_enough(void **state)
{
    assert_true(passes(false, "---+++", "+?-+??"));
    assert_false(passes(false, "---+++", "+??+??"));
}

static void an_invalid_action_weighs_more(void **state)
{
    struct gate_score score = judge(false, "---+++", "+++!++");
    assert_int_equal(score.fixes, 3);
    assert_int_equal(score.invalid, 1);
    assert_int_equal(score.net, 1);
    assert_int_equal(gate_compare(&gate_default, false,
                                  (struct gate_outcome){true, true, false, false},
                                  (struct gate_outcome){true, false, false, true}),
                     GATE_INVALID);
    /* One of the baseline's own weighs nothing in the default, and twice in the reference. */
    assert_int_equal(judge(false, "---!++", "+--!++").net, 1);
    assert_int_equal(judge(true, "---!++", "+--!++").net, 0);
}

static void the_reference_counts_errors(void **state)
{
    struct gate_score score = judge(true, "---++e", "---++e");
    assert_int_equal(score.baseline_regressions, 1);
    assert_int_equal(score.net, 1);
    assert_int_equal(judge(true, "---+++", "---++e").regressions, 1);
    assert_int_equal(judge(true, "---+++", "e--+++").regressions, 0);
    assert_int_equal(judge(true, "---+++", "---++?").regressions, 1);
}

static void the_best_wins_and_the_earlier_of_equals(void **state)
{
    const struct gate_score scores[] = {
        {.net = 1, .harmless = true},
        {.net = 3, .harmless = false},
        {.net = 2, .harmless = true},
        {.net = 2, .harmless = true},
    };
    assert_int_equal(gate_pick(scores, 4), 2);
    assert_int_equal(gate_pick(scores, 0), GATE_NONE);
    assert_int_equal(gate_pick(scores + 1, 1), GATE_NONE);
}

static void one_regression_is_worth_a_revision(void **state)
{
    const struct gate_score scores[] = {
        {.net = 2, .fixes = 2, .harmless = true},
        {.net = 1, .fixes = 2, .regressions = 1},
        {.net = 2, .fixes = 3, .regressions = 1},
        {.net = 3, .fixes = 5, .regressions = 2},
    };
    assert_int_equal(gate_pick_revision(&gate_default, scores, 4, 0), 2);
    assert_int_equal(gate_pick_revision(&gate_default, scores, 2, 0), GATE_NONE);
    assert_int_equal(gate_pick_revision(&gate_default, scores + 1, 1, GATE_NONE), 0);
    assert_int_equal(gate_pick_revision(&gate_default, scores + 3, 1, GATE_NONE), GATE_NONE);
}

static void the_reference_revises_winners_only(void **state)
{
    const struct gate_score scores[] = {
        {.net = 2, .fixes = 3, .regressions = 1, .harmless = true},
        {.net = 1, .fixes = 2, .regressions = 1},
    };
    assert_int_equal(gate_pick_revision(&gate_reference, scores, 2, 0), 0);
    assert_int_equal(gate_pick_revision(&gate_reference, scores, 2, GATE_NONE), GATE_NONE);
}

static void each_rule_alone(void **state)
{
    struct gate_rules rules = gate_reference;
    rules.paired = true;
    assert_int_equal(judge_by(rules, "---++-", "---+++").net, 0);
    assert_int_equal(judge_by(gate_reference, "---++-", "---+++").net, 1);
    rules = gate_reference;
    rules.errors_unavailable = true;
    assert_int_equal(judge_by(rules, "---++e", "---++e").net, 0);
    assert_int_equal(judge_by(rules, "---+++", "---++e").regressions, 0);
    rules = gate_default;
    rules.errors_unavailable = false;
    assert_int_equal(judge_by(rules, "---+++", "+--++e").regressions, 1);
    assert_int_equal(judge_by(rules, "e--+++", "+--+++").fixes, 1);
    rules = gate_default;
    rules.regression_gate = false;
    assert_true(judge_by(rules, "---+++", "++-+-+").harmless);
    assert_int_equal(judge_by(rules, "---+++", "++-+-+").net, 1);
    rules = gate_default;
    rules.fixes_only = true;
    assert_false(judge_by(rules, "---+++", "++-+-+").harmless);
    assert_int_equal(judge_by(rules, "---+++", "++-+-!").net, 2);
    rules = gate_default;
    rules.invalid_penalty = 4;
    assert_int_equal(judge_by(rules, "---+++", "+++!++").net, -1);
    rules.invalid_penalty = 1;
    assert_int_equal(judge_by(rules, "---+++", "+++!++").net, 2);
}

/* Outcomes of four samples, two of which had failed, by the digits of a number to the base 4. */
static void decode(unsigned code, struct gate_outcome out[4])
{
    for (int i = 0; i < 4; i++, code /= 4)
        out[i] = (struct gate_outcome){
            .available = code % 4 != 3, .correct = code % 4 == 1, .invalid = code % 4 == 2};
}

static bool comes_to_nothing(const struct gate_rules *rules, const bool *failing,
                             const struct gate_outcome *baseline, const struct gate_outcome *cand)
{
    struct gate_score score = gate_judge(rules, failing, baseline, cand, 4);
    size_t winner = gate_pick(&score, 1);
    return winner == GATE_NONE && gate_pick_revision(rules, &score, 1, winner) == GATE_NONE;
}

/* Whatever the rest of the probe would have been, a candidate that was given up is refused. */
static void giving_up_is_never_wrong(void **state)
{
    static const bool failing[4] = {true, true, false, false}, run[4] = {false, false, true, true};
    size_t given_up = 0;
    for (unsigned bits = 0; bits < 32; bits++) {
        const struct gate_rules rules = {bits & 1, bits & 2, bits & 4, bits & 8, bits & 16, 2};
        for (unsigned code = 0; code < 256 * 256; code++) {
            struct gate_outcome baseline[4], candidate[4];
            decode(code / 256, baseline);
            decode(code % 256, candidate);
            if (!gate_hopeless(&rules, failing, baseline, candidate, run, 4))
                continue;
            given_up++;
            assert_true(comes_to_nothing(&rules, failing, baseline, candidate));
        }
    }
    assert_true(given_up > 10000);
}

static void a_revision_must_be_better(void **state)
{
    const struct gate_score winner = {.net = 2, .harmless = true};
    struct gate_score revision = {.net = 2, .harmless = true};
    assert_false(gate_accepts_revision(&revision, &winner));
    assert_true(gate_accepts_revision(&revision, NULL));
    revision.net = 3;
    assert_true(gate_accepts_revision(&revision, &winner));
    revision.harmless = false;
    assert_false(gate_accepts_revision(&revision, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_fixes_and_regressions),
        cmocka_unit_test(regressions_are_not_exchanged),
        cmocka_unit_test(bad_luck_of_the_baseline_is_no_fix),
        cmocka_unit_test(a_sample_the_library_solves_by_now_can_be_broken),
        cmocka_unit_test(what_was_not_available_says_nothing),
        cmocka_unit_test(too_little_to_compare_is_not_enough),
        cmocka_unit_test(an_invalid_action_weighs_more),
        cmocka_unit_test(the_reference_counts_errors),
        cmocka_unit_test(the_best_wins_and_the_earlier_of_equals),
        cmocka_unit_test(one_regression_is_worth_a_revision),
        cmocka_unit_test(the_reference_revises_winners_only),
        cmocka_unit_test(a_revision_must_be_better),
        cmocka_unit_test(each_rule_alone),
        cmocka_unit_test(giving_up_is_never_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
