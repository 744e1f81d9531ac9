/* SPDX-License-Identifier: MIT */
#include "duel_random.h"

#include <stdlib.h>
#include <string.h>

#include "methods/grasp/duel.h"

#define SAMPLES 24
#define CANDIDATES 6
#define ROOM ((size_t)1 << 18)

/* All that one seed says. */
struct random {
    uint64_t state;
    uint64_t outcomes; /* seed of the outcomes */
    unsigned solved[CANDIDATES + 1], void_percent, invalid_percent;
    struct duel_setup setup;
    struct duel_candidate candidates[CANDIDATES];
    struct duel_target failing[CANDIDATES][SAMPLES];
    uint32_t passing[CANDIDATES][SAMPLES];
};

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static unsigned below(struct random *r, unsigned n)
{
    r->state += 0x9e3779b97f4a7c15u;
    return n ? (unsigned)(mix(r->state) % n) : 0;
}

static void draw_lists(struct random *r, size_t k, unsigned failing)
{
    struct duel_candidate *c = &r->candidates[k];
    c->failing = r->failing[k];
    c->passing = r->passing[k];
    for (unsigned i = 0; i < SAMPLES; i++) {
        unsigned keep = below(r, 8);
        if (i < failing && keep)
            r->failing[k][c->failing_count++] =
                (struct duel_target){i, below(r, keep > 4 ? DUEL_STRATA : 1)};
        else if (i >= failing && keep)
            r->passing[k][c->passing_count++] = i;
    }
    c->carried = below(r, 8) == 0;
}

static void draw_options(struct random *r, struct duel_options *o)
{
    static const double alphas[] = {0.05, 0.2, 0.5, 0.001};
    *o = duel_defaults;
    if (below(r, 2))
        return;
    o->alpha = alphas[below(r, 4)];
    o->spent = below(r, 4) ? 0 : o->alpha * 0.9;
    o->break_weight = below(r, 5);
    o->screen = below(r, 12);
    o->floor = -1 - (int64_t)below(r, 4);
    o->max_duels = 1 + below(r, 40);
    o->looks = 1 + below(r, 3);
    o->min_fixed = 1 + below(r, 3);
    o->invalid_weight = 1 + below(r, 3);
    o->cap = below(r, 2) ? 0 : 1 + below(r, 150);
    o->settled = below(r, 4) == 0;
    o->yardstick = below(r, 2);
}

static void draw_duel(struct random *r, uint64_t seed)
{
    static const unsigned chances[] = {0, 5, 50, 80, 100};
    memset(r, 0, sizeof(*r));
    r->state = mix(seed);
    r->outcomes = mix(~seed);
    unsigned failing = below(r, SAMPLES + 1);
    r->setup.candidates = r->candidates;
    r->setup.candidate_count = below(r, CANDIDATES + 1);
    r->setup.samples = SAMPLES;
    r->setup.probe_size = 1 + below(r, 2 * SAMPLES);
    for (size_t k = 0; k < r->setup.candidate_count; k++)
        draw_lists(r, k, failing);
    for (size_t k = 0; k <= CANDIDATES; k++)
        r->solved[k] = chances[below(r, 5)];
    r->void_percent = below(r, 3) ? 0 : chances[below(r, 5)];
    r->invalid_percent = chances[below(r, 5)];
    draw_options(r, &r->setup.options);
}

/* Follows from what the rollout is, not from when it is told. */
static enum duel_outcome outcome_of(const struct random *r, const struct duel_rollout *rollout)
{
    uint64_t draw = mix(r->outcomes ^ mix((uint64_t)(rollout->candidate + 1) << 48 ^
                                          (uint64_t)rollout->sample << 32 ^
                                          (uint64_t)rollout->draw << 8 ^ rollout->attempt));
    if (draw % 100 < r->void_percent)
        return DUEL_VOID;
    if (draw / 100 % 100 < r->solved[rollout->candidate + 1])
        return DUEL_SOLVED;
    return draw / 10000 % 100 < r->invalid_percent ? DUEL_INVALID : DUEL_FAILED;
}

/* Tells the outcomes first in, first out, or in random order. */
static const char *play(struct random *r, struct duel *d, bool in_order)
{
    size_t pending[4096], waiting = 0, seen = 0, told = 0, count;
    const struct duel_rollout *rollouts = duel_rollouts(d, &count);
    while (!duel_over(d) || waiting) {
        for (; seen < count; seen++)
            pending[waiting++] = seen;
        if (waiting == 0)
            return "waits for a rollout that it never asked for";
        size_t at = in_order ? 0 : below(r, (unsigned)waiting), rollout = pending[at];
        memmove(&pending[at], &pending[at + 1], (--waiting - at) * sizeof(*pending));
        duel_tell(d, rollout, outcome_of(r, &rollouts[rollout]));
        told++;
        duel_rollouts(d, &count);
        if ((int64_t)count > duel_bounds(&r->setup).cap)
            return "exceeds the cap";
    }
    return told == count ? NULL : "is over before all outcomes are told";
}

/* The score of the candidate, from the rollouts alone. */
static const char *recount(const struct random *r, const struct duel *d, size_t k)
{
    const struct duel_options *options = &r->setup.options;
    int64_t threshold = duel_bounds(&r->setup).threshold;
    size_t count, steps, duels = 0;
    const struct duel_rollout *rollouts = duel_rollouts(d, &count);
    const struct duel_step *step = duel_steps(d, &steps);
    int64_t score = 0, least = 0, most = 0;
    for (size_t i = 0; i < steps; i++) {
        if (step[i].candidate != (int32_t)k || step[i].role != DUEL_FIGHT)
            continue;
        const struct duel_rollout *first = &rollouts[step[i].rollouts[0]];
        const struct duel_rollout *second =
            step[i].sides == 2 ? &rollouts[step[i].rollouts[1]] : NULL;
        if (first->outcome == DUEL_VOID || (second && second->outcome == DUEL_VOID))
            continue;
        if ((first->outcome == DUEL_SOLVED) != (second != NULL))
            return "the second half of a duel does not follow from the first";
        bool won = second && second->outcome != DUEL_SOLVED;
        score += won ? 1 : -1;
        duels++;
        least = score < least ? score : least;
        most = score > most ? score : most;
        if (first->candidate != (int32_t)k || (second && second->candidate != DUEL_LIBRARY) ||
            (second && (second->sample != first->sample || second->draw != first->draw)))
            return "a duel is not one of candidate and library on one sample";
    }
    const struct duel_report *report = &duel_reports(d)[k];
    if (score != report->score)
        return "the score is not that of the rollouts";
    if (least < options->floor || most > threshold || (int64_t)duels > options->max_duels)
        return "duels go on beyond a bound";
    if (report->fate == DUEL_ACCEPTED && !options->settled && score < threshold)
        return "accepts below the threshold";
    return NULL;
}

static const char *check_reports(const struct random *r, const struct duel *d)
{
    size_t accepted = 0;
    const char *wrong = NULL;
    for (size_t k = 0; k < r->setup.candidate_count && !wrong; k++) {
        const struct duel_report *report = &duel_reports(d)[k];
        accepted += report->fate == DUEL_ACCEPTED;
        if (report->fate == DUEL_OPEN)
            return "a candidate has no fate";
        if (report->fate == DUEL_ACCEPTED &&
            (report->good < r->setup.options.min_fixed || report->hits < 1 ||
             (report->probed &&
              report->gain <= r->setup.options.break_weight * report->loss - 1e-6)))
            return "accepts what breaks too much or fixes too little";
        wrong = recount(r, d, k);
    }
    if (accepted > 1 || accepted != (duel_winner(d) != DUEL_NONE))
        return "accepts more than one";
    return wrong;
}

/* Rollouts that run side by side may stand in another order. */
static bool is_in(const struct duel_rollout *rollout, const struct duel_rollout *log, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (log[i].candidate == rollout->candidate && log[i].sample == rollout->sample &&
            log[i].draw == rollout->draw && log[i].role == rollout->role &&
            log[i].attempt == rollout->attempt)
            return log[i].outcome == rollout->outcome;
    }
    return false;
}

/* Was the same asked and decided? */
static const char *compare(const struct random *r, const struct duel *a, const struct duel *b)
{
    size_t count, other, steps, other_steps;
    const struct duel_rollout *rollouts = duel_rollouts(a, &count);
    const struct duel_rollout *others = duel_rollouts(b, &other);
    const struct duel_step *step = duel_steps(a, &steps), *same = duel_steps(b, &other_steps);
    if (other != count || other_steps != steps ||
        memcmp(duel_reports(a), duel_reports(b),
               r->setup.candidate_count * sizeof(struct duel_report)) != 0)
        return "what is decided depends on the order in which outcomes are told";
    for (size_t i = 0; i < count; i++) {
        if (!is_in(&rollouts[i], others, count))
            return "what is asked depends on the order in which outcomes are told";
    }
    for (size_t i = 0; i < steps; i++) {
        if (step[i].candidate != same[i].candidate || step[i].sample != same[i].sample ||
            step[i].role != same[i].role || step[i].result != same[i].result)
            return "the steps depend on the order in which outcomes are told";
    }
    return NULL;
}

const char *duel_random_check(uint64_t seed, uint64_t *out_rollouts, uint64_t *out_accepted)
{
    static _Alignas(16) char memory[2][ROOM];
    struct random r;
    size_t count;
    draw_duel(&r, seed);
    if (duel_room(&r.setup) == 0 || duel_room(&r.setup) > ROOM)
        return "does not fit the memory of the test";
    struct duel *d = duel_open(&r.setup, memory[0]);
    const char *wrong = play(&r, d, true);
    if (wrong || (wrong = check_reports(&r, d)))
        return wrong;
    duel_rollouts(d, &count);
    *out_rollouts += count;
    *out_accepted += duel_winner(d) != DUEL_NONE;
    if (seed % 4)
        return NULL;
    struct duel *again = duel_open(&r.setup, memory[1]);
    wrong = play(&r, again, false);
    return wrong ? wrong : compare(&r, d, again);
}
