/* SPDX-License-Identifier: MIT */
/* The part of the machine that a proven candidate meets: what its hits are worth, what it breaks.
 */
#include <math.h>

#include "duel_state.h"

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool is_good(const struct duel_slot *target)
{
    return target->state == SLOT_HIT && 2 * target->bad < (target->tries > 1 ? target->tries : 1);
}

static const struct duel_candidate *present(const struct duel *d)
{
    return &d->setup.candidates[d->ranking[d->turn]];
}

/* What the hits come to on all failing samples, stratum by stratum. */
static void project_gain(struct duel *d, size_t k)
{
    const struct duel_candidate *c = &d->setup.candidates[k];
    int64_t size[DUEL_STRATA] = {0}, screened[DUEL_STRATA] = {0}, good[DUEL_STRATA] = {0};
    struct duel_report *report = &d->reports[k];
    for (size_t i = 0; i < c->failing_count; i++) {
        const struct duel_slot *target = &d->targets[k][i];
        size[c->failing[i].stratum]++;
        screened[c->failing[i].stratum] += target->state != SLOT_NEW;
        good[c->failing[i].stratum] += is_good(target);
        report->good += is_good(target);
    }
    for (size_t i = 0; i < DUEL_STRATA; i++) {
        if (good[i])
            report->gain += (double)(size[i] * good[i]) / (double)screened[i];
    }
}

/* P(Binomial(n, p) >= k). */
static double tail(int64_t n, double p, int64_t k)
{
    double point = pow(1 - p, (double)n), sum = k <= 0 ? point : 0;
    for (int64_t i = 1; i <= n; i++) {
        point *= (double)(n - i + 1) / (double)i * p / (1 - p);
        sum += i >= k ? point : 0;
    }
    return sum;
}

/* settled: could as many hits be what the others have without helping? */
bool duel_is_usual(const struct duel *d, size_t k)
{
    const struct duel_report *report = &d->reports[k];
    double hits = 0.5, runs = 1;
    if (!d->setup.options.yardstick)
        return false;
    for (size_t i = 0; i < d->setup.candidate_count; i++) {
        hits += i == k ? 0 : (double)d->reports[i].hits;
        runs += i == k ? 0 : (double)d->reports[i].screened;
    }
    return tail(report->screened, hits / runs, report->hits) >
           d->setup.options.alpha / (double)d->setup.candidate_count;
}

/* Break points at which the gain no longer outweighs what is broken. */
static int64_t points_that_refuse(const struct duel *d, size_t k)
{
    double each = d->setup.options.break_weight * (double)d->setup.candidates[k].passing_count /
                  (double)d->reports[k].probed;
    double need = each > 0 ? ceil(d->reports[k].gain / each - 1e-9) : DUEL_LIMIT;
    return need > DUEL_LIMIT ? DUEL_LIMIT : need < 1 ? 1 : (int64_t)need;
}

void duel_safety_begin(struct duel *d, size_t k)
{
    const struct duel_candidate *c = &d->setup.candidates[k];
    struct duel_report *report = &d->reports[k];
    int64_t looks = d->setup.options.settled ? 1 : d->setup.options.looks;
    int64_t count = min_of(d->safety, (int64_t)c->passing_count);
    project_gain(d, k);
    if (report->good < d->setup.options.min_fixed) {
        duel_decide(d, DUEL_TOO_FEW);
    } else if (count == 0) {
        duel_decide(d, DUEL_ACCEPTED);
    } else if (count * looks > duel_left(d)) {
        duel_decide(d, DUEL_UNDECIDED);
    } else {
        d->stage = STAGE_LOOK;
        for (int64_t look = 0; look < looks; look++) {
            for (int64_t i = 0; i < count; i++)
                duel_ask(d, (int32_t)k, c->passing[i], (size_t)i, DUEL_SAFETY, look || c->carried);
        }
    }
}

static void put_break(struct duel *d, struct duel_report *report, bool invalid)
{
    report->broken++;
    report->break_points += invalid ? d->setup.options.invalid_weight : 1;
    report->loss =
        (double)report->break_points / (double)report->probed * (double)present(d)->passing_count;
}

/* A sample is probed if any of its looks could be run, and doubted if one of them failed. */
void duel_looks_read(struct duel *d)
{
    struct duel_report *report = &d->reports[d->ranking[d->turn]];
    int64_t count = min_of(d->safety, (int64_t)present(d)->passing_count);
    d->walk_count = d->walk_first = d->walk_end = 0;
    for (int64_t place = 0; place < count; place++) {
        bool run = false, failed = false, invalid = false;
        for (size_t i = d->round; i < d->count; i++) {
            const struct duel_rollout *r = &d->rollouts[i];
            if (r->place != place || r->outcome == DUEL_VOID)
                continue;
            run = true;
            failed = failed || r->outcome != DUEL_SOLVED;
            invalid = invalid || r->outcome == DUEL_INVALID;
        }
        report->probed += run;
        report->doubted += failed;
        if (failed)
            d->walks[d->walk_count++] =
                (struct duel_walk_state){(uint32_t)place, 0, invalid, false};
    }
}

static bool ask_walks(struct duel *d)
{
    size_t k = d->ranking[d->turn];
    bool any = false;
    for (size_t i = d->walk_first; i < d->walk_end; i++) {
        const struct duel_walk_state *walk = &d->walks[i];
        int64_t width = 2 - (walk->score < 0 ? -walk->score : walk->score);
        uint32_t sample = d->setup.candidates[k].passing[walk->place];
        while (!walk->over && width-- > 0)
            any = duel_fight(d, k, sample, i, true) || any;
    }
    return any;
}

/* As many samples side by side as can all matter. */
static void go_on_safely(struct duel *d)
{
    struct duel_report *report = &d->reports[d->ranking[d->turn]];
    d->stage = STAGE_WALK;
    if (report->break_points >= d->need) {
        duel_decide(d, DUEL_BREAKS);
        return;
    }
    size_t more = d->walk_count - d->walk_end;
    d->walk_first = d->walk_end;
    d->walk_end += (size_t)min_of((int64_t)more, d->need - report->break_points);
    if (!more)
        duel_decide(d, DUEL_ACCEPTED);
    else if (!ask_walks(d))
        duel_decide(d, DUEL_UNDECIDED);
}

void duel_walks_begin(struct duel *d)
{
    size_t k = d->ranking[d->turn];
    struct duel_report *report = &d->reports[k];
    /* Too little could be run to say anything. */
    if (2 * report->probed < min_of(d->safety, (int64_t)present(d)->passing_count)) {
        duel_decide(d, DUEL_UNDECIDED);
        return;
    }
    d->need = points_that_refuse(d, k);
    if (d->setup.options.settled) {
        for (size_t i = 0; i < d->walk_count; i++)
            put_break(d, report, d->walks[i].invalid);
        d->walk_end = d->walk_count;
    }
    go_on_safely(d);
}

void duel_walks_read(struct duel *d)
{
    struct duel_report *report = &d->reports[d->ranking[d->turn]];
    for (size_t i = d->fight_round; i < d->fight_count; i++) {
        struct duel_fight *f = &d->fights[i];
        struct duel_walk_state *walk = &d->walks[f->place];
        f->result = duel_result(d, f);
        walk->score += f->result;
        walk->over = walk->over || !f->result;
    }
    for (size_t i = d->walk_first; i < d->walk_end; i++) {
        struct duel_walk_state *walk = &d->walks[i];
        if (!walk->over && walk->score == 2)
            put_break(d, report, walk->invalid);
        walk->over = walk->over || walk->score == 2 || walk->score == -2;
    }
}

void duel_walks_go_on(struct duel *d)
{
    for (size_t i = d->walk_first; i < d->walk_end; i++) {
        if (!d->walks[i].over) {
            if (!ask_walks(d))
                duel_decide(d, DUEL_UNDECIDED);
            return;
        }
    }
    go_on_safely(d);
}
