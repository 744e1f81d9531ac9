/* SPDX-License-Identifier: MIT */
/*
 * What is decided follows from the outcomes that are known. A pass goes through the algorithm from
 * its beginning, along the steps of earlier passes; a step that is new is asked for. Where nothing
 * follows without missing outcomes, the pass ends: stages return false, and those that judge a
 * candidate DUEL_OPEN; what was read since the last complete stage is void. Then comes another.
 */
#include "duel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 1000000 /* of any count that comes from outside */
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

struct duel {
    struct duel_setup setup;
    struct duel_bounds bounds;
    struct duel_report *reports;
    struct duel_step *steps;           /* in the order of a pass */
    struct duel_rollout *rollouts;     /* in the order in which they were asked for */
    size_t step_count, count, waiting; /* waiting: rollouts that are pending */
    uint32_t *draws;                   /* per sample, given out so far */
    uint32_t *latest,
        *before;         /* 1 + place of its latest step to be found; of a step, the one before */
    size_t at, screened; /* of the pass: its next step, the end of its screen */
    int64_t room;        /* what the cap leaves to it, all that may yet be needed taken off */
};

const struct duel_options duel_defaults = {
    .alpha = 0.05,
    .break_weight = 2,
    .floor = -2,
    .max_duels = 30,
    .looks = 2,
    .min_fixed = 1,
    .invalid_weight = 1,
    .yardstick = true,
};

struct duel_bounds duel_bounds(const struct duel_setup *s)
{
    const struct duel_options *o = &s->options;
    int64_t n = (int64_t)s->probe_size, k = (int64_t)s->candidate_count, t = 1;
    int64_t screen = MAX(n * (k + 1) / ((o->settled ? 3 : 5) * MAX(k, 1)), 4);
    for (double chance = (double)k / 3; chance > o->alpha - o->spent && t < 60; chance /= 3)
        t++;
    screen = o->screen ? o->screen : k ? MIN(screen, MAX(n / 2, 1)) : 0;
    /* What the whole probe would take; where that is little, enough to decide about one edit. */
    int64_t cap = MAX(n * (k + 1), (k + 2) * screen + 6 * t + o->looks * (n / 2) + n);
    return (struct duel_bounds){t, screen, MIN(o->cap ? o->cap : cap, LIMIT)};
}

static enum duel_outcome outcome_of(const struct duel *d, const struct duel_step *step)
{
    return d->rollouts[step->rollouts[0]].outcome;
}

/* 1 won, -1 lost; 0 not known, or a side cannot be run. */
static int32_t result_of(const struct duel *d, struct duel_step *step)
{
    enum duel_outcome first = outcome_of(d, step);
    enum duel_outcome second = step->sides == 2 ? d->rollouts[step->rollouts[1]].outcome : first;
    bool won = first == DUEL_SOLVED && second != DUEL_SOLVED;
    return step->result = first == DUEL_VOID || second == DUEL_VOID ? 0 : won ? 1 : -1;
}

/* A rollout like that one but for its side and attempt. */
static size_t append(struct duel *d, struct duel_rollout like, int32_t candidate, uint32_t attempt)
{
    like.candidate = candidate;
    like.attempt = attempt;
    like.outcome = DUEL_PENDING;
    d->rollouts[d->count] = like;
    d->waiting++;
    return d->count++;
}

/* The next step of the pass; false if what it may take does not fit under the cap. */
static bool ask(struct duel *d, int32_t candidate, uint32_t sample, enum duel_role role, bool fresh)
{
    int64_t most = role >= DUEL_FIGHT ? 2 : 1;
    if (d->room < most)
        return false;
    d->room -= most;
    if (d->at++ < d->step_count)
        return true;
    struct duel_rollout like = {0, sample, fresh ? ++d->draws[sample] : 0, role, 0, 0};
    size_t first = append(d, like, role == DUEL_WALK ? DUEL_LIBRARY : candidate, 0);
    d->steps[d->step_count++] =
        (struct duel_step){candidate, sample, role, .sides = 1, .rollouts = {first}};
    if (role <= DUEL_RECHECK) {
        d->before[d->at - 1] = d->latest[sample];
        d->latest[sample] = (uint32_t)d->at;
    }
    return true;
}

/* Asks for what the steps from that one on still need: the second side of a duel, as soon as the
 * first succeeds; when all else is known, what could not be run. */
static bool complete(struct duel *d, size_t from)
{
    int64_t kept = 0;
    for (struct duel_step *s = d->steps + from; s < d->steps + d->at; s++) {
        if (s->role >= DUEL_FIGHT && outcome_of(d, s) == DUEL_SOLVED && s->sides == 1)
            s->rollouts[s->sides++] = append(d, d->rollouts[s->rollouts[0]],
                                             s->role == DUEL_WALK ? s->candidate : DUEL_LIBRARY, 0);
        kept += s->role >= DUEL_FIGHT && outcome_of(d, s) == DUEL_VOID;
        d->room += (s->role >= DUEL_FIGHT && s->sides == 1) - s->repeats;
    }
    if (d->at < d->step_count || d->waiting)
        return d->at < d->step_count;
    for (struct duel_step *s = d->steps + from; s < d->steps + d->at; s++) {
        for (int32_t i = 0; i < s->sides && d->room > kept; i++) {
            const struct duel_rollout *r = &d->rollouts[s->rollouts[i]];
            if (r->outcome != DUEL_VOID || r->attempt + 1 == DUEL_ATTEMPTS)
                continue;
            s->rollouts[i] = append(d, *r, r->candidate, r->attempt + 1);
            s->repeats++;
            d->room--;
        }
    }
    return !d->waiting;
}

/* The step of a screen or recheck, of which a sample has few. */
static struct duel_step *find(const struct duel *d, enum duel_role role, int32_t k, uint32_t sample)
{
    for (uint32_t at = d->latest[sample]; at; at = d->before[at - 1]) {
        struct duel_step *s = &d->steps[at - 1];
        if (at <= d->at && s->role == role && s->candidate == k)
            return s;
    }
    return NULL;
}

/* Every candidate once on samples that failed. */
static bool screen(struct duel *d)
{
    for (size_t i = 0; i < (size_t)d->bounds.screen; i++) {
        for (size_t k = 0; k < d->setup.candidate_count; k++) {
            const struct duel_candidate *c = &d->setup.candidates[k];
            if (i >= c->failing_count ||
                !ask(d, (int32_t)k, c->failing[i].sample, DUEL_SCREEN, c->carried))
                continue;
            struct duel_step *s = &d->steps[d->at - 1];
            s->open = outcome_of(d, s) == DUEL_SOLVED;
            s->tries = s->lost = 0;
            d->reports[k].screened += outcome_of(d, s) != DUEL_VOID;
            d->reports[k].hits += s->open;
        }
    }
    d->screened = d->at;
    return complete(d, 0);
}

/* The library once on each sample that anybody hit. */
static bool recheck_library(struct duel *d)
{
    size_t from = d->at;
    for (size_t i = 0; i < d->count && d->rollouts[i].role == DUEL_SCREEN; i++) {
        uint32_t sample = d->rollouts[i].sample;
        if (d->rollouts[i].outcome == DUEL_SOLVED && !find(d, DUEL_RECHECK, DUEL_LIBRARY, sample))
            ask(d, DUEL_LIBRARY, sample, DUEL_RECHECK, true);
    }
    return complete(d, from);
}

/* Each candidate once more on those of its hits that the library does not solve. */
static bool recheck_hits(struct duel *d)
{
    size_t from = d->at;
    for (int32_t k = 0; k < (int32_t)d->setup.candidate_count; k++) {
        for (struct duel_step *s = d->steps; s < d->steps + d->screened; s++) {
            if (s->candidate != k || !s->open)
                continue;
            const struct duel_step *library = find(d, DUEL_RECHECK, DUEL_LIBRARY, s->sample);
            s->open = !library || outcome_of(d, library) >= DUEL_FAILED;
            if (!s->open || !ask(d, k, s->sample, DUEL_RECHECK, true))
                continue;
            s->open = outcome_of(d, &d->steps[d->at - 1]) == DUEL_SOLVED;
            d->reports[k].rechecked++;
        }
    }
    return complete(d, from);
}

/* Spreads over the hits, then leaves those that lose. */
static struct duel_step *pick(const struct duel *d, size_t k)
{
    struct duel_step *best = NULL;
    int64_t least = INT64_MAX;
    for (struct duel_step *s = d->steps; s < d->steps + d->screened; s++) {
        int64_t key = (int64_t)MAX(2 * s->lost - s->tries, 0) * 2 * LIMIT + s->tries;
        if (s->candidate != (int32_t)k || !s->open || key >= least)
            continue;
        best = s;
        least = key;
    }
    return best;
}

/* Candidate against library, as many duels side by side as cannot be in vain. */
static enum duel_fate fight(struct duel *d, size_t k)
{
    const struct duel_options *o = &d->setup.options;
    struct duel_report *report = &d->reports[k];
    struct duel_step *hit;
    while (report->score < d->bounds.threshold) {
        size_t from = d->at;
        int64_t left = o->max_duels - report->wins - report->losses;
        int64_t width = MIN(d->bounds.threshold - report->score, report->score - o->floor);
        if (width <= 0 || left <= 0)
            return DUEL_LOST;
        for (width = MIN(width, left); width && (hit = pick(d, k)); width--)
            hit->tries += ask(d, (int32_t)k, hit->sample, DUEL_FIGHT, true);
        if (d->at == from)
            return DUEL_UNDECIDED;
        if (!complete(d, from))
            return DUEL_OPEN;
        for (struct duel_step *s = d->steps + from; s < d->steps + d->at; s++) {
            hit = find(d, DUEL_SCREEN, s->candidate, s->sample);
            report->score += result_of(d, s);
            report->wins += s->result > 0;
            report->losses += s->result < 0;
            hit->lost += s->result < 0;
            hit->open = hit->open && s->result;
        }
    }
    return DUEL_ACCEPTED;
}

/* settled: P(Binomial(screened, rate of the others) >= hits): does chance make as many? */
static bool is_usual(const struct duel *d, size_t k)
{
    const struct duel_options *o = &d->setup.options;
    int64_t n = d->reports[k].screened;
    double hits = 0.5, runs = 1, sum = 0;
    for (size_t i = 0; i < d->setup.candidate_count; i++) {
        hits += i == k ? 0 : (double)d->reports[i].hits;
        runs += i == k ? 0 : (double)d->reports[i].screened;
    }
    /* Logarithms: of many runs the single terms are too small for a double. Rounding aside, equal
     * is not more. */
    double odds = log(hits / (runs - hits)), point = (double)n * log1p(-hits / runs);
    for (int64_t i = 0; i <= n; i++) {
        sum += i >= d->reports[k].hits ? exp(point) : 0;
        point += log((double)(n - i) / (double)(i + 1)) + odds;
    }
    return sum > (o->alpha - o->spent) / (double)d->setup.candidate_count * (1 + 1e-9);
}

/* What the hits come to on all failing samples, stratum by stratum. */
static void project_gain(const struct duel *d, size_t k)
{
    const struct duel_candidate *c = &d->setup.candidates[k];
    int64_t size[DUEL_STRATA] = {0}, screened[DUEL_STRATA] = {0}, good[DUEL_STRATA] = {0};
    struct duel_report *report = &d->reports[k];
    for (size_t i = 0; i < c->failing_count; i++) {
        const struct duel_step *s = find(d, DUEL_SCREEN, (int32_t)k, c->failing[i].sample);
        bool is_good = s && s->open && 2 * s->lost < MAX(1, s->tries);
        size[c->failing[i].stratum]++;
        screened[c->failing[i].stratum] += s && outcome_of(d, s) != DUEL_VOID;
        good[c->failing[i].stratum] += is_good;
        report->good += is_good;
    }
    for (size_t i = 0; i < DUEL_STRATA; i++)
        report->gain += good[i] ? (double)(size[i] * good[i]) / (double)screened[i] : 0;
}

/* The next duels on a passing sample, library against candidate: +2 breaks it, -2 does not. */
static void walk(struct duel *d, struct duel_step *doubt)
{
    struct duel_report *report = &d->reports[doubt->candidate];
    size_t from = d->at;
    for (int32_t width = doubt->open ? 2 - abs(doubt->score) : 0; width; width--)
        ask(d, doubt->candidate, doubt->sample, DUEL_WALK, true);
    for (struct duel_step *s = d->steps + from; s < d->steps + d->at; s++) {
        doubt->score += result_of(d, s);
        doubt->open = doubt->open && s->result;
    }
    if (doubt->open && doubt->score == 2) {
        report->broken++;
        report->break_points += doubt->invalid ? d->setup.options.invalid_weight : 1;
        report->loss = (double)report->break_points / (double)report->probed *
                       (double)d->setup.candidates[doubt->candidate].passing_count;
    }
    doubt->open = doubt->open && abs(doubt->score) < 2;
}

/* On the samples in doubt, as many side by side as can all matter. need: break points at which the
 * gain no longer outweighs what is broken; infinite if breaks count nothing. */
static enum duel_fate walk_all(struct duel *d, size_t k, struct duel_step *doubts, size_t count)
{
    const struct duel_report *report = &d->reports[k];
    double each = d->setup.options.break_weight * (double)d->setup.candidates[k].passing_count;
    double need = fmax(ceil(report->gain * (double)report->probed / each - 1e-9), 1);
    for (size_t end = d->setup.options.settled ? count : 0;;) {
        size_t from = d->at, open = 0;
        for (size_t i = 0; i < end; i++)
            walk(d, &doubts[i]);
        if (!complete(d, from))
            return DUEL_OPEN;
        for (size_t i = 0; i < end; i++)
            open += doubts[i].open;
        if (open && d->at == from)
            return DUEL_UNDECIDED;
        double wide = open ? 0 : need - (double)report->break_points;
        if (!open && (wide <= 0 || end == count))
            return wide <= 0 ? DUEL_BREAKS : DUEL_ACCEPTED;
        for (; end < count && wide > 0; end++)
            wide -= doubts[end].open;
    }
}

/* What a proven candidate does to samples that passed. A sample is probed if any of its looks could
 * be run, and doubted if one of them failed. */
static enum duel_fate probe_passing(struct duel *d, size_t k)
{
    const struct duel_candidate *c = &d->setup.candidates[k];
    struct duel_report *report = &d->reports[k];
    size_t from = d->at, count = MIN(c->passing_count, MAX(d->setup.probe_size / 2, 1));
    size_t looks = count * (d->setup.options.settled ? 1 : (size_t)d->setup.options.looks);
    if (!count || (int64_t)looks > d->room)
        return count ? DUEL_UNDECIDED : DUEL_ACCEPTED;
    for (size_t i = 0; i < looks; i++)
        ask(d, (int32_t)k, c->passing[i % count], DUEL_SAFETY, i >= count || c->carried);
    if (!complete(d, from))
        return DUEL_OPEN;
    for (struct duel_step *doubt = d->steps + from; doubt < d->steps + from + count; doubt++) {
        bool run = doubt->open = doubt->invalid = false;
        for (struct duel_step *s = doubt; s < d->steps + from + looks; s += count) {
            enum duel_outcome outcome = outcome_of(d, s);
            run = run || outcome != DUEL_VOID;
            doubt->open = doubt->open || outcome >= DUEL_FAILED;
            doubt->invalid = doubt->invalid || outcome == DUEL_INVALID;
        }
        doubt->score = d->setup.options.settled ? 2 : 0; /* one look is enough */
        report->probed += run;
        report->doubted += doubt->open;
    }
    if (2 * report->probed < (int64_t)count)
        return DUEL_UNDECIDED; /* too little could be run to say anything */
    return walk_all(d, k, d->steps + from, count);
}

/* DUEL_ACCEPTED from a part of it: nothing speaks against the candidate. */
static enum duel_fate judge(struct duel *d, size_t k)
{
    const struct duel_options *o = &d->setup.options;
    enum duel_fate fate = o->settled ? DUEL_ACCEPTED : fight(d, k);
    if (o->settled && o->yardstick && is_usual(d, k))
        fate = DUEL_USUAL;
    if (fate != DUEL_ACCEPTED)
        return fate;
    project_gain(d, k);
    return d->reports[k].good < o->min_fixed ? DUEL_TOO_FEW : probe_passing(d, k);
}

static void pass(struct duel *d)
{
    size_t k;
    d->at = 0;
    d->room = d->bounds.cap;
    for (k = 0; k < d->setup.candidate_count; k++)
        d->reports[k] = (struct duel_report){.rank = DUEL_NONE};
    if (!screen(d) || (!d->setup.options.settled && (!recheck_library(d) || !recheck_hits(d))))
        return;
    for (const struct duel_step *s = d->steps; s < d->steps + d->screened; s++)
        d->reports[s->candidate].held += s->open;
    for (struct duel_report *r = d->reports; r < d->reports + k; r++)
        r->fate = r->held ? DUEL_OPEN : r->hits ? DUEL_NOT_AGAIN : DUEL_NO_HIT;
    for (size_t rank = 0; (k = duel_best(d, DUEL_OPEN)) != DUEL_NONE; rank++) {
        d->reports[k].rank = rank;
        d->reports[k].fate =
            duel_best(d, DUEL_ACCEPTED) == DUEL_NONE ? judge(d, k) : DUEL_UNDECIDED;
        if (d->reports[k].fate == DUEL_OPEN)
            return;
    }
}

size_t duel_room(const struct duel_setup *s)
{
    const struct duel_options *o = &s->options;
    if (!(o->alpha > 0 && o->alpha < 1 && o->spent >= 0 && o->spent < o->alpha &&
          o->break_weight >= 0 && o->screen >= 0 && o->screen <= LIMIT && o->floor < 0 &&
          o->floor >= -LIMIT && o->max_duels > 0 && o->looks > 0 && o->looks <= 100 &&
          o->min_fixed > 0 && o->invalid_weight > 0 && o->invalid_weight <= LIMIT && o->cap >= 0 &&
          s->samples <= LIMIT && s->candidate_count <= 1000 && s->probe_size <= LIMIT))
        return 0;
    return sizeof(struct duel) + s->candidate_count * sizeof(struct duel_report) +
           (size_t)duel_bounds(s).cap *
               (sizeof(struct duel_step) + sizeof(struct duel_rollout) + sizeof(uint32_t)) +
           2 * s->samples * sizeof(uint32_t);
}

struct duel *duel_open(const struct duel_setup *setup, void *memory)
{
    struct duel *d = memory;
    *d = (struct duel){.setup = *setup, .bounds = duel_bounds(setup)};
    d->reports = (struct duel_report *)(d + 1);
    d->steps = (struct duel_step *)(d->reports + setup->candidate_count);
    d->rollouts = (struct duel_rollout *)(d->steps + d->bounds.cap);
    d->draws = (uint32_t *)(d->rollouts + d->bounds.cap);
    d->latest = d->draws + setup->samples;
    d->before = d->latest + setup->samples;
    memset(d->draws, 0, 2 * setup->samples * sizeof(*d->draws));
    pass(d);
    return d;
}

void duel_tell(struct duel *d, size_t at, enum duel_outcome outcome)
{
    if (at >= d->count || d->rollouts[at].outcome != DUEL_PENDING || outcome == DUEL_PENDING)
        return;
    d->rollouts[at].outcome = outcome;
    if (!--d->waiting || (outcome == DUEL_SOLVED && d->rollouts[at].role >= DUEL_FIGHT))
        pass(d);
}

bool duel_over(const struct duel *d)
{
    return !d->waiting;
}

const struct duel_rollout *duel_rollouts(const struct duel *d, size_t *out_count)
{
    *out_count = d->count;
    return d->rollouts;
}

const struct duel_step *duel_steps(const struct duel *d, size_t *out_count)
{
    *out_count = d->step_count;
    return d->steps;
}

const struct duel_report *duel_reports(const struct duel *d)
{
    return d->reports;
}

size_t duel_best(const struct duel *d, enum duel_fate fate)
{
    size_t best = DUEL_NONE;
    for (size_t k = 0; k < d->setup.candidate_count; k++) {
        if (d->reports[k].fate == fate &&
            (best == DUEL_NONE || d->reports[k].held > d->reports[best].held))
            best = k;
    }
    return best;
}

int duel_target_state(const struct duel *d, size_t candidate, size_t place)
{
    uint32_t sample = d->setup.candidates[candidate].failing[place].sample;
    const struct duel_step *s = find(d, DUEL_SCREEN, (int32_t)candidate, sample);
    return !s || outcome_of(d, s) == DUEL_VOID ? -1 : s->open;
}
