/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "duel_state.h"

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

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    value = value < least ? least : value;
    return value > most ? most : value;
}

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t threshold_of(const struct duel_setup *s)
{
    double bound = (double)s->candidate_count, budget = s->options.alpha - s->options.spent;
    int64_t t = 1;
    for (bound /= 3; bound > budget && t < 60; t++)
        bound /= 3;
    return t;
}

static int64_t screen_of(const struct duel_setup *s)
{
    int64_t n = (int64_t)s->probe_size, k = (int64_t)s->candidate_count;
    int64_t half = n / 2 < 1 ? 1 : n / 2;
    if (s->options.screen)
        return s->options.screen;
    if (!k)
        return 0;
    return min_of(half, clamp(n * (k + 1) / ((s->options.settled ? 3 : 5) * k), 4, DUEL_LIMIT));
}

/* What the whole probe would take; where that is little, enough to decide about one edit. */
static int64_t cap_of(const struct duel_setup *s)
{
    int64_t n = (int64_t)s->probe_size, k = (int64_t)s->candidate_count;
    int64_t one = 6 * threshold_of(s) + s->options.looks * (n / 2) + n;
    int64_t whole = n * (k + 1), least = (k + 2) * screen_of(s) + one;
    return min_of(s->options.cap ? s->options.cap : whole > least ? whole : least, DUEL_LIMIT);
}

static bool is_valid(const struct duel_setup *s)
{
    const struct duel_options *o = &s->options;
    return o->alpha > 0 && o->alpha < 1 && o->spent >= 0 && o->spent < o->alpha &&
           o->break_weight >= 0 && o->break_weight <= DUEL_LIMIT && o->screen >= 0 &&
           o->screen <= DUEL_LIMIT && o->floor < 0 && o->floor >= -DUEL_LIMIT && o->max_duels > 0 &&
           o->max_duels <= DUEL_LIMIT && o->looks > 0 && o->looks <= 100 && o->min_fixed > 0 &&
           o->min_fixed <= DUEL_LIMIT && o->invalid_weight > 0 && o->invalid_weight <= DUEL_LIMIT &&
           o->cap >= 0 && o->cap <= DUEL_LIMIT && s->samples <= DUEL_LIMIT &&
           s->candidate_count <= 1000 && s->probe_size <= DUEL_LIMIT;
}

/* Cuts an array out of memory; only counts if there is none. */
static void *cut(char *memory, size_t *used, size_t count, size_t size)
{
    void *out = memory ? memory + *used : NULL;
    *used += (count * size + 15) / 16 * 16;
    return out;
}

static size_t lay_out(const struct duel_setup *s, char *memory, struct duel *d)
{
    size_t used = 0, k = s->candidate_count, cap = (size_t)cap_of(s);
    cut(memory, &used, 1, sizeof(*d));
    d->targets = cut(memory, &used, k, sizeof(*d->targets));
    d->reports = cut(memory, &used, k, sizeof(*d->reports));
    d->ranking = cut(memory, &used, k, sizeof(*d->ranking));
    d->draws = cut(memory, &used, s->samples, sizeof(*d->draws));
    d->marks = cut(memory, &used, s->samples, sizeof(*d->marks));
    d->walks = cut(memory, &used, s->probe_size / 2 + 1, sizeof(*d->walks));
    d->rollouts = cut(memory, &used, cap, sizeof(*d->rollouts));
    d->fights = cut(memory, &used, cap, sizeof(*d->fights));
    for (size_t i = 0; i < k; i++) {
        void *targets =
            cut(memory, &used, s->candidates[i].failing_count, sizeof(struct duel_slot));
        if (memory)
            d->targets[i] = targets;
    }
    return used;
}

size_t duel_room(const struct duel_setup *setup)
{
    struct duel scratch;
    return is_valid(setup) ? lay_out(setup, NULL, &scratch) : 0;
}

static const struct duel_candidate *candidate_of(const struct duel *d, size_t k)
{
    return &d->setup.candidates[k];
}

int64_t duel_left(const struct duel *d)
{
    return d->cap - (int64_t)d->count - d->reserved;
}

static struct duel_rollout *append(struct duel *d, const struct duel_rollout *rollout)
{
    d->waiting++;
    d->rollouts[d->count] = *rollout;
    if (rollout->candidate >= 0)
        d->reports[rollout->candidate].rollouts++;
    return &d->rollouts[d->count++];
}

/* One of a flat stage; false if the cap does not let it. */
bool duel_ask(struct duel *d, int32_t candidate, uint32_t sample, size_t place, enum duel_role role,
              bool fresh)
{
    if (duel_left(d) < 1)
        return false;
    append(d, &(struct duel_rollout){
                  .candidate = candidate,
                  .sample = sample,
                  .place = (uint32_t)place,
                  .draw = fresh ? ++d->draws[sample] : 0,
                  .role = role,
                  .fresh = fresh,
                  .fight = DUEL_NONE,
              });
    return true;
}

/* Both halves must fit under the cap. */
bool duel_fight(struct duel *d, size_t candidate, uint32_t sample, size_t place, bool safety)
{
    if (duel_left(d) < 2)
        return false;
    d->fights[d->fight_count] = (struct duel_fight){
        .candidate = (int32_t)candidate,
        .sample = sample,
        .place = (uint32_t)place,
        .safety = safety,
        .first = d->count,
        .second = DUEL_NONE,
    };
    duel_ask(d, safety ? DUEL_LIBRARY : (int32_t)candidate, sample, place,
             safety ? DUEL_WALK : DUEL_FIGHT, true);
    d->rollouts[d->count - 1].fight = d->fight_count++;
    d->reserved++;
    return true;
}

static void ask_second(struct duel *d, size_t fight, const struct duel_rollout *first)
{
    struct duel_rollout second = *first;
    d->reserved--;
    second.candidate = first->candidate < 0 ? d->fights[fight].candidate : DUEL_LIBRARY;
    second.outcome = DUEL_PENDING;
    second.attempt = 0;
    d->fights[fight].second = d->count;
    append(d, &second);
}

static bool may_repeat(const struct duel *d, size_t at)
{
    const struct duel_rollout *r = &d->rollouts[at];
    return r->outcome == DUEL_VOID && !r->repeated && r->attempt + 1 < DUEL_ATTEMPTS &&
           duel_left(d) > 0;
}

static void repeat(struct duel *d, size_t at)
{
    struct duel_rollout *again = append(d, &d->rollouts[at]);
    d->rollouts[at].repeated = true;
    again->outcome = DUEL_PENDING;
    again->attempt++;
}

static void repeat_half(struct duel *d, size_t *half)
{
    if (*half == DUEL_NONE || !may_repeat(d, *half))
        return;
    repeat(d, *half);
    *half = d->count - 1;
}

/* What could not be run is run again, as the round ends; in an order that does not depend on when
 * outcomes were told. Does any of it? */
static bool ask_again(struct duel *d)
{
    size_t count = d->count;
    for (size_t i = d->round; i < count; i++) {
        if (d->rollouts[i].fight == DUEL_NONE && may_repeat(d, i))
            repeat(d, i);
    }
    for (size_t i = d->fight_round; i < d->fight_count; i++) {
        repeat_half(d, &d->fights[i].first);
        repeat_half(d, &d->fights[i].second);
    }
    return d->count > count;
}

static void finish(struct duel *d)
{
    for (size_t i = 0; i < d->ranked; i++) {
        struct duel_report *report = &d->reports[d->ranking[i]];
        if (report->fate == DUEL_OPEN)
            report->fate = DUEL_UNDECIDED;
    }
    d->stage = OVER;
}

static void try_next(struct duel *d);

void duel_decide(struct duel *d, enum duel_fate fate)
{
    d->reports[d->ranking[d->turn]].fate = fate;
    d->turn++;
    if (fate == DUEL_ACCEPTED)
        finish(d);
    else
        try_next(d);
}

static void begin_screen(struct duel *d)
{
    d->stage = STAGE_SCREEN;
    for (int64_t i = 0; i < d->screen; i++) {
        for (size_t k = 0; k < d->setup.candidate_count; k++) {
            const struct duel_candidate *c = candidate_of(d, k);
            if (i < (int64_t)c->failing_count)
                duel_ask(d, (int32_t)k, c->failing[i].sample, (size_t)i, DUEL_SCREEN, c->carried);
        }
    }
}

static void read_screen(struct duel *d)
{
    for (size_t i = d->round; i < d->count; i++) {
        const struct duel_rollout *r = &d->rollouts[i];
        if (r->outcome == DUEL_VOID)
            continue;
        bool hit = r->outcome == DUEL_SOLVED;
        d->targets[r->candidate][r->place].state = hit ? SLOT_HIT : SLOT_MISS;
        d->reports[r->candidate].screened++;
        d->reports[r->candidate].hits += hit;
    }
}

/* The library once on each sample that anybody hit. */
static void begin_library(struct duel *d)
{
    d->stage = STAGE_LIBRARY;
    memset(d->marks, 0, d->setup.samples);
    for (size_t i = 0, count = d->count; i < count; i++) {
        const struct duel_rollout *r = &d->rollouts[i];
        if (r->outcome != DUEL_SOLVED || d->marks[r->sample])
            continue;
        d->marks[r->sample] = true;
        duel_ask(d, DUEL_LIBRARY, r->sample, r->place, DUEL_RECHECK, true);
    }
}

static void read_library(struct duel *d)
{
    memset(d->marks, 0, d->setup.samples);
    for (size_t i = d->round; i < d->count; i++) {
        const struct duel_rollout *r = &d->rollouts[i];
        if (!r->repeated && (r->outcome == DUEL_SOLVED || r->outcome == DUEL_VOID))
            d->marks[r->sample] = true;
    }
    for (size_t k = 0; k < d->setup.candidate_count; k++) {
        const struct duel_candidate *c = candidate_of(d, k);
        for (size_t i = 0; i < c->failing_count; i++) {
            if (d->targets[k][i].state == SLOT_HIT && d->marks[c->failing[i].sample])
                d->targets[k][i].state = SLOT_GONE;
        }
    }
}

static void begin_again(struct duel *d)
{
    d->stage = STAGE_AGAIN;
    for (size_t k = 0; k < d->setup.candidate_count; k++) {
        const struct duel_candidate *c = candidate_of(d, k);
        for (size_t i = 0; i < c->failing_count; i++) {
            if (d->targets[k][i].state == SLOT_HIT)
                d->reports[k].rechecked +=
                    duel_ask(d, (int32_t)k, c->failing[i].sample, i, DUEL_RECHECK, true);
        }
    }
}

static void read_again(struct duel *d)
{
    for (size_t i = d->round; i < d->count; i++) {
        const struct duel_rollout *r = &d->rollouts[i];
        if (!r->repeated && r->outcome != DUEL_SOLVED)
            d->targets[r->candidate][r->place].state = SLOT_GONE;
    }
}

/* Those with hits, most first, the earlier of equals. */
static void rank(struct duel *d)
{
    for (size_t k = 0; k < d->setup.candidate_count; k++) {
        struct duel_report *report = &d->reports[k];
        size_t at = d->ranked;
        for (size_t i = 0; i < candidate_of(d, k)->failing_count; i++)
            report->held += d->targets[k][i].state == SLOT_HIT;
        report->fate = report->held ? DUEL_OPEN : report->hits ? DUEL_NOT_AGAIN : DUEL_NO_HIT;
        if (!report->held)
            continue;
        for (; at && d->reports[d->ranking[at - 1]].held < report->held; at--)
            d->ranking[at] = d->ranking[at - 1];
        d->ranking[at] = k;
        d->ranked++;
    }
    for (size_t i = 0; i < d->ranked; i++)
        d->reports[d->ranking[i]].rank = i;
}

static bool before(const struct duel_slot *a, const struct duel_slot *b)
{
    int64_t worse_a = clamp(2 * a->bad - a->tries, 0, DUEL_LIMIT);
    int64_t worse_b = clamp(2 * b->bad - b->tries, 0, DUEL_LIMIT);
    return worse_a != worse_b ? worse_a < worse_b : a->tries < b->tries;
}

/* Spreads over the hits, then leaves those that lose. */
static size_t pick(const struct duel *d, size_t k)
{
    const struct duel_slot *targets = d->targets[k];
    size_t best = DUEL_NONE;
    for (size_t i = 0; i < candidate_of(d, k)->failing_count; i++) {
        if (targets[i].state == SLOT_HIT &&
            (best == DUEL_NONE || before(&targets[i], &targets[best])))
            best = i;
    }
    return best;
}

/* As many as cannot be in vain. */
static bool ask_duels(struct duel *d, size_t k)
{
    const struct duel_report *report = &d->reports[k];
    int64_t width = min_of(d->threshold - report->score, report->score - d->setup.options.floor);
    bool any = false;
    width = min_of(width, d->setup.options.max_duels - report->wins - report->losses);
    while (width-- > 0) {
        size_t at = pick(d, k);
        if (at == DUEL_NONE || !duel_fight(d, k, candidate_of(d, k)->failing[at].sample, at, false))
            break;
        d->targets[k][at].tries++;
        any = true;
    }
    return any;
}

static void go_on(struct duel *d)
{
    size_t k = d->ranking[d->turn];
    const struct duel_report *report = &d->reports[k];
    const struct duel_options *o = &d->setup.options;
    d->stage = STAGE_DUEL;
    if (report->score >= d->threshold)
        duel_safety_begin(d, k);
    else if (report->score <= o->floor || report->wins + report->losses >= o->max_duels)
        duel_decide(d, DUEL_LOST);
    else if (!ask_duels(d, k))
        duel_decide(d, DUEL_UNDECIDED);
}

int32_t duel_result(struct duel *d, const struct duel_fight *fight)
{
    const struct duel_rollout *first = &d->rollouts[fight->first];
    if (first->outcome == DUEL_VOID)
        d->reserved--;
    if (first->outcome == DUEL_VOID ||
        (fight->second != DUEL_NONE && d->rollouts[fight->second].outcome == DUEL_VOID))
        return 0;
    if (first->outcome != DUEL_SOLVED)
        return -1;
    return d->rollouts[fight->second].outcome == DUEL_SOLVED ? -1 : 1;
}

static void read_duels(struct duel *d)
{
    struct duel_report *report = &d->reports[d->ranking[d->turn]];
    for (size_t i = d->fight_round; i < d->fight_count; i++) {
        struct duel_fight *f = &d->fights[i];
        struct duel_slot *target = &d->targets[f->candidate][f->place];
        f->result = duel_result(d, f);
        report->wins += f->result > 0;
        report->losses += f->result < 0;
        report->score += f->result;
        target->bad += f->result < 0;
        if (!f->result)
            target->state = SLOT_GONE; /* it cannot be run */
    }
}

static void try_next(struct duel *d)
{
    if (d->turn >= d->ranked) {
        finish(d);
        return;
    }
    size_t k = d->ranking[d->turn];
    if (!d->setup.options.settled)
        go_on(d);
    else if (duel_is_usual(d, k))
        duel_decide(d, DUEL_USUAL);
    else
        duel_safety_begin(d, k);
}

static void digest(struct duel *d)
{
    switch (d->stage) {
    case STAGE_SCREEN:
        read_screen(d);
        break;
    case STAGE_LIBRARY:
        read_library(d);
        break;
    case STAGE_AGAIN:
        read_again(d);
        break;
    case STAGE_DUEL:
        read_duels(d);
        break;
    case STAGE_LOOK:
        duel_looks_read(d);
        break;
    case STAGE_WALK:
        duel_walks_read(d);
        break;
    case OVER:
        break;
    }
    d->round = d->count;
    d->fight_round = d->fight_count;
}

static void advance(struct duel *d)
{
    switch (d->stage) {
    case STAGE_SCREEN:
        if (!d->setup.options.settled) {
            begin_library(d);
            break;
        }
        rank(d);
        try_next(d);
        break;
    case STAGE_LIBRARY:
        begin_again(d);
        break;
    case STAGE_AGAIN:
        rank(d);
        try_next(d);
        break;
    case STAGE_DUEL:
        go_on(d);
        break;
    case STAGE_LOOK:
        duel_walks_begin(d);
        break;
    case STAGE_WALK:
        duel_walks_go_on(d);
        break;
    case OVER:
        break;
    }
}

static void run(struct duel *d)
{
    while (!d->waiting && d->stage != OVER && !ask_again(d)) {
        digest(d);
        advance(d);
    }
}

struct duel *duel_open(const struct duel_setup *setup, void *memory)
{
    struct duel *d = memory;
    size_t k = setup->candidate_count;
    *d = (struct duel){.setup = *setup};
    lay_out(setup, memory, d);
    d->threshold = threshold_of(setup);
    d->screen = screen_of(setup);
    d->safety = setup->probe_size < 2 ? 1 : (int64_t)(setup->probe_size / 2);
    d->cap = cap_of(setup);
    for (size_t i = 0; i < setup->samples; i++)
        d->draws[i] = 0;
    for (size_t i = 0; i < k; i++) {
        d->reports[i] = (struct duel_report){.rank = DUEL_NONE};
        for (size_t at = 0; at < setup->candidates[i].failing_count; at++)
            d->targets[i][at] = (struct duel_slot){SLOT_NEW, 0, 0};
    }
    begin_screen(d);
    run(d);
    return d;
}

void duel_tell(struct duel *d, size_t at, enum duel_outcome outcome)
{
    struct duel_rollout *r = &d->rollouts[at];
    if (at >= d->count || r->outcome != DUEL_PENDING || outcome == DUEL_PENDING)
        return;
    r->outcome = outcome;
    d->waiting--;
    if (r->fight != DUEL_NONE && d->fights[r->fight].first == at) {
        if (outcome == DUEL_SOLVED)
            ask_second(d, r->fight, r);
        else if (outcome != DUEL_VOID)
            d->reserved--;
    }
    run(d);
}

bool duel_over(const struct duel *d)
{
    return d->stage == OVER;
}

const struct duel_rollout *duel_rollouts(const struct duel *d, size_t *out_count)
{
    *out_count = d->count;
    return d->rollouts;
}

static size_t first_with(const struct duel *d, enum duel_fate fate)
{
    for (size_t i = 0; i < d->ranked; i++) {
        if (d->reports[d->ranking[i]].fate == fate)
            return d->ranking[i];
    }
    return DUEL_NONE;
}

size_t duel_winner(const struct duel *d)
{
    return first_with(d, DUEL_ACCEPTED);
}

size_t duel_carried(const struct duel *d)
{
    return first_with(d, DUEL_UNDECIDED);
}

const struct duel_report *duel_reports(const struct duel *d)
{
    return d->reports;
}

const struct duel_fight *duel_fights(const struct duel *d, size_t *out_count)
{
    *out_count = d->fight_count;
    return d->fights;
}

int duel_target_state(const struct duel *d, size_t candidate, size_t place)
{
    enum duel_slot_state state = d->targets[candidate][place].state;
    return state == SLOT_NEW ? -1 : state == SLOT_HIT;
}

int64_t duel_threshold(const struct duel *d)
{
    return d->threshold;
}

int64_t duel_cap(const struct duel *d)
{
    return d->cap;
}
