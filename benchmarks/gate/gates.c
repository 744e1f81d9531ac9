/* SPDX-License-Identifier: MIT */
#include "gates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "methods/grasp/gate.h"

#define PROBE_MOST 256

const char *const gate_names[GATE_KINDS] = {"reference", "paired", "paired + re-run", "McNemar/K",
                                            "hit duel"};

static void run_probe(const struct probe_setup *s, int32_t candidate, uint32_t draw,
                      struct gate_outcome *out)
{
    for (size_t i = 0; i < s->failing_count + s->passing_count; i++) {
        uint32_t sample = i < s->failing_count ? s->failing[i] : s->passing[i - s->failing_count];
        out[i] = (struct gate_outcome){
            .available = true,
            .correct = s->run(s->arg, candidate, sample, draw),
        };
    }
}

struct pairs {
    int fixes, breaks;
};

static struct pairs compare(const struct gate_outcome *baseline,
                            const struct gate_outcome *candidate, size_t count)
{
    struct pairs out = {0, 0};
    for (size_t i = 0; i < count; i++) {
        out.fixes += candidate[i].correct && !baseline[i].correct;
        out.breaks += baseline[i].correct && !candidate[i].correct;
    }
    return out;
}

static bool passes_counts(struct pairs pairs)
{
    return pairs.fixes > pairs.breaks && pairs.breaks <= 1;
}

/* One-sided exact: P(Binomial(fixes + breaks, 1/2) >= fixes). */
static double mcnemar(struct pairs pairs)
{
    int n = pairs.fixes + pairs.breaks;
    double point = pow(0.5, n), sum = pairs.fixes == 0 ? point : 0;
    for (int i = 1; i <= n; i++) {
        point *= (double)(n - i + 1) / i;
        sum += i >= pairs.fixes ? point : 0;
    }
    return sum;
}

static int pick_reference(const struct probe_setup *s, const struct gate_outcome *baseline,
                          struct gate_outcome (*outcomes)[PROBE_MOST])
{
    bool was_failing[PROBE_MOST] = {false};
    struct gate_score scores[16];
    size_t count = s->failing_count + s->passing_count;
    for (size_t i = 0; i < s->failing_count; i++)
        was_failing[i] = true;
    for (size_t k = 0; k < s->candidates; k++)
        scores[k] = gate_judge(&gate_reference, was_failing, baseline, outcomes[k], count);
    size_t winner = gate_pick(scores, s->candidates);
    return winner == GATE_NONE ? -1 : (int)winner;
}

static int pick_pairs(enum gate_kind kind, const struct probe_setup *s,
                      const struct gate_outcome *baseline,
                      struct gate_outcome (*outcomes)[PROBE_MOST])
{
    int winner = -1, best = 0;
    for (size_t k = 0; k < s->candidates; k++) {
        struct pairs pairs = compare(baseline, outcomes[k], s->failing_count + s->passing_count);
        bool passes = kind == GATE_MCNEMAR ? mcnemar(pairs) <= 0.05 / (double)s->candidates
                                           : passes_counts(pairs);
        if (passes && pairs.fixes - pairs.breaks > best) {
            best = pairs.fixes - pairs.breaks;
            winner = (int)k;
        }
    }
    return winner;
}

static bool holds_again(const struct probe_setup *s, int winner)
{
    struct gate_outcome baseline[PROBE_MOST], candidate[PROBE_MOST];
    run_probe(s, WORLD_LIBRARY, 2, baseline);
    run_probe(s, winner, 2, candidate);
    return passes_counts(compare(baseline, candidate, s->failing_count + s->passing_count));
}

static int duel_probe(const struct probe_setup *s, size_t *out_rollouts)
{
    struct duel_target failing[PROBE_MOST];
    struct duel_candidate candidates[16];
    uint32_t most = 0;
    for (size_t i = 0; i < s->failing_count; i++)
        failing[i] = (struct duel_target){s->failing[i], DUEL_OTHER_LABEL};
    for (size_t i = 0; i < s->failing_count + s->passing_count; i++) {
        uint32_t sample = i < s->failing_count ? s->failing[i] : s->passing[i - s->failing_count];
        most = sample > most ? sample : most;
    }
    for (size_t k = 0; k < s->candidates; k++)
        candidates[k] =
            (struct duel_candidate){failing, s->failing_count, s->passing, s->passing_count, false};
    const struct duel_setup setup = {
        .options = s->options,
        .candidates = candidates,
        .candidate_count = s->candidates,
        .samples = most + 1,
        .probe_size = s->probe_size,
    };
    void *memory;
    const struct duel *d = play_duel(&setup, s->run, s->arg, &memory);
    int winner = duel_winner(d) == DUEL_NONE ? -1 : (int)duel_winner(d);
    duel_rollouts(d, out_rollouts);
    if (s->options.cap == GATE_UNCAPPED)
        *out_rollouts = rollouts_one_by_one(d, &setup);
    free(memory);
    return winner;
}

int probe_gate(enum gate_kind kind, const struct probe_setup *s, size_t *out_rollouts)
{
    struct gate_outcome baseline[PROBE_MOST], outcomes[16][PROBE_MOST];
    size_t size = s->failing_count + s->passing_count;
    if (kind == GATE_DUEL)
        return duel_probe(s, out_rollouts);
    *out_rollouts = size * (s->candidates + 1);
    run_probe(s, WORLD_LIBRARY, 1, baseline);
    for (size_t k = 0; k < s->candidates; k++)
        run_probe(s, (int32_t)k, 0, outcomes[k]);
    if (kind == GATE_REFERENCE)
        return pick_reference(s, baseline, outcomes);
    int winner = pick_pairs(kind, s, baseline, outcomes);
    if (kind != GATE_RERUN || winner < 0)
        return winner;
    *out_rollouts += 2 * size;
    return holds_again(s, winner) ? winner : -1;
}

struct duel *play_duel(const struct duel_setup *setup, run_fn run, void *arg, void **memory)
{
    size_t count, at = 0, room = duel_room(setup);
    *memory = room ? malloc(room) : NULL;
    if (!*memory) {
        fprintf(stderr, "gate: these duels cannot be held\n");
        exit(70);
    }
    struct duel *d = duel_open(setup, *memory);
    const struct duel_rollout *rollouts = duel_rollouts(d, &count);
    for (; !duel_over(d); at++) {
        const struct duel_rollout *r = &rollouts[at];
        duel_tell(d, at, run(arg, r->candidate, r->sample, r->draw) ? DUEL_SOLVED : DUEL_FAILED);
    }
    return d;
}

/* What one passing sample takes in the safety stage of a candidate; *broken: the library won there.
 * A walk belongs to the candidate whose looks came last before it. */
static size_t safety_of_sample(const struct duel *d, int32_t k, uint32_t sample, bool *broken)
{
    size_t count, taken = 0;
    const struct duel_rollout *r = duel_rollouts(d, &count);
    int32_t turn = DUEL_LIBRARY;
    bool failed = false;
    int score = 0;
    for (size_t i = 0; i < count; i++) {
        bool solved = r[i].outcome == DUEL_SOLVED;
        if (r[i].role == DUEL_SAFETY)
            turn = r[i].candidate;
        if (r[i].sample != sample || turn != k)
            continue;
        if (r[i].role == DUEL_SAFETY && !failed) {
            taken++;
            failed = !solved;
        } else if (r[i].role == DUEL_WALK) {
            taken++;
            if (r[i].candidate == k || !solved)
                score += r[i].candidate == k && !solved ? 1 : -1;
        }
    }
    *broken = score >= 2;
    return taken;
}

size_t rollouts_one_by_one(const struct duel *d, const struct duel_setup *setup)
{
    size_t count, out = 0;
    const struct duel_rollout *r = duel_rollouts(d, &count);
    for (size_t i = 0; i < count; i++)
        out += r[i].role != DUEL_SAFETY && r[i].role != DUEL_WALK;
    for (size_t k = 0; k < setup->candidate_count; k++) {
        const struct duel_report *report = &duel_reports(d)[k];
        const struct duel_candidate *c = &setup->candidates[k];
        bool broken, refused = false;
        double breaks = 0;
        for (int64_t i = 0; i < report->probed && !refused; i++) {
            out += safety_of_sample(d, (int32_t)k, c->passing[i], &broken);
            breaks += broken;
            refused = broken && report->gain <= setup->options.break_weight *
                                                    (double)c->passing_count * breaks /
                                                    (double)report->probed;
        }
    }
    return out;
}
