/* SPDX-License-Identifier: MIT */
#include "gate.h"

const struct gate_rules gate_default = {
    .paired = true,
    .errors_unavailable = true,
    .regression_gate = true,
    .revise_near_misses = true,
    .invalid_penalty = 2,
};
const struct gate_rules gate_reference = {.regression_gate = true, .invalid_penalty = 2};

static bool is_error(struct gate_outcome outcome)
{
    return outcome.error || !outcome.available;
}

static bool is_right(struct gate_outcome outcome)
{
    return outcome.correct && !is_error(outcome);
}

static enum gate_change regression(struct gate_outcome candidate)
{
    return candidate.invalid ? GATE_INVALID : GATE_REGRESSION;
}

static enum gate_change paired(bool was_failing, struct gate_outcome baseline,
                               struct gate_outcome candidate)
{
    if (is_right(baseline) == is_right(candidate))
        return GATE_SAME;
    if (is_right(candidate))
        return was_failing ? GATE_FIX : GATE_SAME;
    return regression(candidate);
}

static enum gate_change against_log(bool was_failing, struct gate_outcome baseline,
                                    struct gate_outcome candidate)
{
    if (is_error(candidate)) {
        if (is_error(baseline) || was_failing)
            return GATE_UNKNOWN;
        return GATE_REGRESSION;
    }
    if (was_failing)
        return candidate.correct ? GATE_FIX : GATE_SAME;
    return candidate.correct ? GATE_SAME : regression(candidate);
}

static bool says_nothing(const struct gate_rules *rules, struct gate_outcome baseline,
                         struct gate_outcome candidate)
{
    return rules->errors_unavailable && (is_error(baseline) || is_error(candidate));
}

enum gate_change gate_compare(const struct gate_rules *rules, bool was_failing,
                              struct gate_outcome baseline, struct gate_outcome candidate)
{
    if (says_nothing(rules, baseline, candidate))
        return GATE_UNKNOWN;
    return rules->paired ? paired(was_failing, baseline, candidate)
                         : against_log(was_failing, baseline, candidate);
}

static void count_baseline(bool was_failing, struct gate_outcome baseline, struct gate_score *score)
{
    score->baseline_fixes += was_failing && is_right(baseline);
    score->baseline_regressions += !was_failing && !is_right(baseline);
}

static void count(struct gate_score *score, enum gate_change change)
{
    score->compared += change != GATE_UNKNOWN;
    score->fixes += change == GATE_FIX;
    score->regressions += change == GATE_REGRESSION || change == GATE_INVALID;
    score->invalid += change == GATE_INVALID;
}

static int64_t cost(const struct gate_rules *rules, const struct gate_score *score)
{
    if (rules->fixes_only)
        return 0;
    return score->regressions + (rules->invalid_penalty - 1) * score->invalid;
}

/* What the baseline's own noise would have earned. */
static int64_t allowance(const struct gate_rules *rules, const struct gate_score *score)
{
    if (rules->paired)
        return 0;
    return (rules->fixes_only ? 0 : score->baseline_regressions) - score->baseline_fixes;
}

static bool is_harmless(const struct gate_rules *rules, const struct gate_score *score, size_t n)
{
    if (rules->errors_unavailable && 2 * score->compared < (int64_t)n)
        return false;
    if (!rules->regression_gate)
        return true;
    return score->regressions <= (rules->paired ? 0 : score->baseline_regressions);
}

struct gate_score gate_judge(const struct gate_rules *rules, const bool *was_failing,
                             const struct gate_outcome *baseline,
                             const struct gate_outcome *candidate, size_t n)
{
    struct gate_score score = {0};
    for (size_t i = 0; i < n; i++) {
        if (!says_nothing(rules, baseline[i], candidate[i]))
            count_baseline(was_failing[i], baseline[i], &score);
        count(&score, gate_compare(rules, was_failing[i], baseline[i], candidate[i]));
    }
    score.raw = score.fixes - cost(rules, &score);
    score.net = score.raw + allowance(rules, &score);
    score.harmless = is_harmless(rules, &score, n);
    return score;
}

size_t gate_pick(const struct gate_score *scores, size_t n)
{
    size_t winner = GATE_NONE;
    int64_t best = 0;
    for (size_t i = 0; i < n; i++) {
        if (scores[i].harmless && scores[i].net > best) {
            best = scores[i].net;
            winner = i;
        }
    }
    return winner;
}

static int64_t too_many(const struct gate_rules *rules, const struct gate_score *score)
{
    return score->regressions - (rules->paired ? 0 : score->baseline_regressions);
}

size_t gate_pick_revision(const struct gate_rules *rules, const struct gate_score *scores, size_t n,
                          size_t winner)
{
    size_t pick = winner != GATE_NONE && scores[winner].regressions ? winner : GATE_NONE;
    int64_t best = winner == GATE_NONE ? 0 : scores[winner].net;
    for (size_t i = 0; i < n && rules->revise_near_misses; i++) {
        if (!scores[i].harmless && too_many(rules, &scores[i]) == 1 && scores[i].fixes > best) {
            best = scores[i].fixes;
            pick = i;
        }
    }
    return pick;
}

bool gate_accepts_revision(const struct gate_score *revision, const struct gate_score *winner)
{
    return revision->harmless && revision->net > (winner ? winner->net : 0);
}

bool gate_hopeless(const struct gate_rules *rules, const bool *was_failing,
                   const struct gate_outcome *baseline, const struct gate_outcome *candidate,
                   const bool *run, size_t n)
{
    struct gate_score score = {0};
    int64_t spare = rules->revise_near_misses ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        const struct gate_outcome solved = {.available = true, .correct = true};
        const struct gate_outcome outcome = run[i] ? candidate[i] : solved;
        if (!says_nothing(rules, baseline[i], outcome))
            count_baseline(was_failing[i], baseline[i], &score);
        count(&score, gate_compare(rules, was_failing[i], baseline[i], outcome));
    }
    if (rules->regression_gate && too_many(rules, &score) > spare)
        return true;
    /* A revision is asked for by fixes alone. */
    if (rules->revise_near_misses && score.fixes > 0)
        return false;
    return score.fixes - cost(rules, &score) + allowance(rules, &score) <= 0;
}
