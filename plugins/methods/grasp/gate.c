/* SPDX-License-Identifier: MIT */
#include "gate.h"

static enum gate_change paired(bool was_failing, struct gate_outcome baseline,
                               struct gate_outcome candidate)
{
    if (!baseline.available || !candidate.available)
        return GATE_UNKNOWN;
    if (baseline.correct == candidate.correct)
        return GATE_SAME;
    if (candidate.correct)
        return was_failing ? GATE_FIX : GATE_SAME;
    return candidate.invalid ? GATE_INVALID : GATE_REGRESSION;
}

static bool is_error(struct gate_outcome outcome)
{
    return outcome.error || !outcome.available;
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
    if (candidate.correct)
        return GATE_SAME;
    return candidate.invalid ? GATE_INVALID : GATE_REGRESSION;
}

enum gate_change gate_compare(bool reference, bool was_failing, struct gate_outcome baseline,
                              struct gate_outcome candidate)
{
    return reference ? against_log(was_failing, baseline, candidate)
                     : paired(was_failing, baseline, candidate);
}

static void judge_baseline(bool reference, bool was_failing, struct gate_outcome baseline,
                           struct gate_score *score)
{
    if (!baseline.available && !reference)
        return;
    bool correct = baseline.correct && !is_error(baseline);
    score->baseline_fixes += was_failing && correct;
    score->baseline_regressions += !was_failing && !correct;
}

static void count(struct gate_score *score, enum gate_change change)
{
    score->compared += change != GATE_UNKNOWN;
    score->fixes += change == GATE_FIX;
    score->regressions += change == GATE_REGRESSION || change == GATE_INVALID;
    score->invalid += change == GATE_INVALID;
}

struct gate_score gate_judge(bool reference, const bool *was_failing,
                             const struct gate_outcome *baseline,
                             const struct gate_outcome *candidate, size_t n)
{
    struct gate_score score = {0};
    for (size_t i = 0; i < n; i++) {
        judge_baseline(reference, was_failing[i], baseline[i], &score);
        count(&score, gate_compare(reference, was_failing[i], baseline[i], candidate[i]));
    }
    score.raw = score.fixes - score.regressions - (GATE_INVALID_PENALTY - 1) * score.invalid;
    score.net = score.raw;
    score.harmless = score.regressions == 0 && 2 * score.compared >= (int64_t)n;
    if (reference) {
        score.net += score.baseline_regressions - score.baseline_fixes;
        score.harmless = score.regressions <= score.baseline_regressions;
    }
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

size_t gate_pick_revision(bool reference, const struct gate_score *scores, size_t n, size_t winner)
{
    size_t pick = GATE_NONE;
    int64_t best = winner == GATE_NONE ? 0 : scores[winner].net;
    if (reference)
        return winner != GATE_NONE && scores[winner].regressions ? winner : GATE_NONE;
    for (size_t i = 0; i < n; i++) {
        if (scores[i].regressions == 1 && scores[i].fixes > best) {
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
