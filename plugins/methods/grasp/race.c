/* SPDX-License-Identifier: MIT */
/*
 * Runs edits on as little of the probe as decides about them. An edit answers to one kind of
 * failure, so it runs first on the probe's failures of that kind that the present library does not
 * solve, edits for failures that take long last. If it fixes none it is refused. Of those that fix
 * some the best, by fixes, runs on what it might break, then the next best if it breaks something,
 * until one passes the gate. Failures of other kinds are not run: they could only be fixed by
 * chance.
 *
 * What is run depends on results alone, never on which of them came first.
 */
#include "common/slice.h"
#include "update.h"

bool race_possible(const struct update *u)
{
    const struct options *o = &u->self->options;
    return o->own_failures_first && o->stop_early && o->gate.paired && !u->recovery;
}

/* Is the edit meant to fix this sample of the probe? */
static bool is_own(const struct update *u, grasp_str label, size_t at)
{
    return u->was_failing[at] && (!label.len || slice_eq(label, u->probe.causes[at]));
}

static bool probe_has(const struct update *u, grasp_str label)
{
    for (size_t i = 0; i < u->probe.count; i++) {
        if (is_own(u, label, i))
            return true;
    }
    return false;
}

void race_choose_groups(struct update *u)
{
    size_t kept = 0;
    for (size_t i = 0; i < u->group_count; i++)
        kept += probe_has(u, u->groups[i].label);
    if (kept == 0 && !u->labels_declared)
        return;
    kept = 0;
    for (size_t i = 0; i < u->group_count; i++) {
        if (probe_has(u, u->groups[i].label))
            u->groups[kept++] = u->groups[i];
    }
    u->group_count = kept;
}

int32_t race_start_baseline(struct update *u)
{
    bool *wanted = pool_array(u->pool, u->probe.count, sizeof(*wanted));
    size_t count = 0, asked = (size_t)u->self->options.candidates;
    for (size_t i = 0; i < u->probe.count; i++) {
        for (size_t g = 0; g < u->group_count && g < asked && !wanted[i]; g++)
            wanted[i] = is_own(u, u->groups[g].label, i);
        count += wanted[i];
    }
    probe_open(u, &u->baseline);
    return probe_start(u, &u->library, count ? wanted : u->was_failing, &u->baseline);
}

static bool is_right(struct gate_outcome outcome)
{
    return outcome.available && outcome.correct && !outcome.error;
}

static bool is_error(struct gate_outcome outcome)
{
    return !outcome.available || outcome.error;
}

/* Did it fail, and does it still, as far as is known? */
static bool is_fixable(const struct update *u, size_t at)
{
    struct gate_outcome baseline = u->baseline.outcomes[at];
    if (!u->was_failing[at] || (u->baseline.open && u->baseline.asked[at]))
        return u->was_failing[at];
    return u->baseline.done[at] && !is_right(baseline) && !is_error(baseline);
}

/* Samples on which the edit may show that it helps; all that failed if `any`. */
static size_t choose_own(const struct update *u, const struct candidate *candidate, bool any,
                         bool *out)
{
    size_t count = 0;
    for (size_t i = 0; i < u->probe.count; i++) {
        out[i] = is_fixable(u, i) && (any || is_own(u, candidate->edit.label, i));
        count += out[i];
    }
    return count;
}

/* What the baseline's conversations can say about an edit is worth waiting for. */
static bool needs_baseline(const struct update *u)
{
    return u->self->options.reuse_rollouts && similar_possible(u);
}

static int32_t take_over(struct update *u, struct candidate *candidate)
{
    return needs_baseline(u) ? similar_take_over(u, candidate) : GRASP_OK;
}

/* The score on what has been run. */
static void judge(struct update *u, struct candidate *candidate)
{
    size_t n = 0, room = u->probe.count;
    bool *was_failing = pool_array(u->pool, room, sizeof(*was_failing));
    struct gate_outcome *baseline = pool_array(u->pool, room, sizeof(*baseline));
    struct gate_outcome *outcomes = pool_array(u->pool, room, sizeof(*outcomes));
    for (size_t i = 0; i < room; i++) {
        if (!candidate->run.done[i] || !u->baseline.done[i])
            continue;
        was_failing[n] = u->was_failing[i];
        baseline[n] = u->baseline.outcomes[i];
        outcomes[n++] = candidate->run.outcomes[i];
    }
    candidate->score = gate_judge(&u->self->options.gate, was_failing, baseline, outcomes, n);
}

static size_t count_fixable(const struct update *u, const struct candidate *candidate)
{
    size_t count = 0;
    for (size_t i = 0; i < u->probe.count; i++)
        count += candidate->own[i] && is_fixable(u, i);
    return count;
}

static int32_t start_own(struct update *u, struct candidate *candidate)
{
    int32_t status = take_over(u, candidate);
    candidate->untried = false;
    return status ? status : probe_start(u, &candidate->library, candidate->own, &candidate->run);
}

static int32_t finish_own(struct update *u, struct candidate *candidate)
{
    int32_t status = probe_wait(u, &u->baseline);
    if (!status)
        status = probe_wait(u, &candidate->run);
    judge(u, candidate);
    /* The present library may have turned out to solve it all. */
    candidate->own_count = count_fixable(u, candidate);
    candidate->untried = candidate->own_count == 0;
    candidate->stopped = !candidate->untried;
    return status;
}

/* Without a failure of its own kind an edit is tried only if that goes for all of them, and the
 * labels are the writer's. */
static void choose_all_own(struct update *u)
{
    size_t some = 0;
    for (size_t i = 0; i < u->candidate_count; i++) {
        struct candidate *candidate = &u->candidates[i];
        candidate->untried = true;
        candidate->own = pool_array(u->pool, u->probe.count, sizeof(bool));
        candidate->own_count = choose_own(u, candidate, false, candidate->own);
        some += candidate->own_count;
    }
    for (size_t i = 0; i < u->candidate_count && !some && !u->labels_declared; i++)
        u->candidates[i].own_count = choose_own(u, &u->candidates[i], true, u->candidates[i].own);
}

/* Turns that the failures of the batch took which the edit answers to. */
static uint64_t turns_of(const struct update *u, const struct candidate *candidate)
{
    uint64_t most = 0;
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        uint64_t turns = u->json->count(entry->actions);
        if (entry_failed(entry) && turns > most &&
            (!candidate->edit.label.len || slice_eq(group_label(entry), candidate->edit.label)))
            most = turns;
    }
    return most;
}

static bool is_open(const struct candidate *candidate)
{
    return candidate->untried && candidate->own_count;
}

static bool *choose_guarded(struct update *u)
{
    bool *out = pool_array(u->pool, u->probe.count, sizeof(*out));
    for (size_t i = 0; i < u->probe.count; i++)
        out[i] = !u->baseline.done[i] ? !u->was_failing[i] : is_right(u->baseline.outcomes[i]);
    return out;
}

/* What the baseline says about the guarded samples has to be known before the best runs on them. */
static int32_t start_guard(struct update *u)
{
    if (!needs_baseline(u) || u->baseline.open)
        return GRASP_OK;
    return probe_start(u, &u->library, choose_guarded(u), &u->baseline);
}

/* Those that take the least, up to twice as long; side by side. The others wait: they may not be
 * needed. */
static int32_t run_quickest(struct update *u)
{
    uint64_t least = UINT64_MAX;
    int32_t status = GRASP_OK;
    bool *now = pool_array(u->pool, u->candidate_count, sizeof(*now));
    for (size_t i = 0; i < u->candidate_count; i++) {
        if (is_open(&u->candidates[i]) && turns_of(u, &u->candidates[i]) < least)
            least = turns_of(u, &u->candidates[i]);
    }
    for (size_t i = 0; i < u->candidate_count && !status; i++) {
        now[i] = is_open(&u->candidates[i]) && turns_of(u, &u->candidates[i]) <= 2 * least;
        if (now[i])
            status = start_own(u, &u->candidates[i]);
    }
    if (!status)
        status = start_guard(u);
    for (size_t i = 0; i < u->candidate_count && !status; i++) {
        if (now[i])
            status = finish_own(u, &u->candidates[i]);
    }
    return status;
}

/* Could one that has not run yet come to more than this? */
static bool is_undecided(const struct update *u, int64_t bar)
{
    for (size_t i = 0; i < u->candidate_count; i++) {
        if (is_open(&u->candidates[i]) && (int64_t)u->candidates[i].own_count > bar)
            return true;
    }
    return false;
}

/* What the edit might break: what the present library solves. */
static int32_t run_guarded(struct update *u, struct candidate *candidate)
{
    bool *guarded = choose_guarded(u);
    int32_t status = probe_start(u, &u->library, guarded, &u->baseline);
    if (!status && needs_baseline(u) && !(status = probe_wait(u, &u->baseline)))
        status = take_over(u, candidate);
    if (!status)
        status = probe_start(u, &candidate->library, guarded, &candidate->run);
    if (!status)
        status = update_expect(u, candidate);
    if (!status)
        status = probe_wait(u, &u->baseline);
    if (!status)
        status = probe_wait(u, &candidate->run);
    judge(u, candidate);
    candidate->stopped = false;
    return status;
}

/* The one with most fixes among those whose race is not over; the earlier of equals. */
static struct candidate *next_best(struct update *u)
{
    struct candidate *best = NULL;
    for (size_t i = 0; i < u->candidate_count; i++) {
        struct candidate *candidate = &u->candidates[i];
        if (candidate->stopped && candidate->score.harmless && candidate->score.net > 0 &&
            (!best || candidate->score.fixes > best->score.fixes))
            best = candidate;
    }
    return best;
}

static bool is_better(const struct candidate *a, const struct candidate *b)
{
    return a->score.harmless && a->score.net > (b ? b->score.net : 0);
}

int32_t race_candidates(struct update *u, size_t *out_winner)
{
    const struct candidate *winner = NULL;
    int32_t status = needs_baseline(u) ? probe_wait(u, &u->baseline) : GRASP_OK;
    choose_all_own(u);
    while (!status) {
        struct candidate *next = next_best(u);
        int64_t hope = next ? next->score.fixes : 0, bar = winner ? winner->score.net : 0;
        if (is_undecided(u, hope > bar ? hope : bar)) {
            status = run_quickest(u);
            continue;
        }
        if (hope <= bar)
            break;
        status = run_guarded(u, next);
        winner = is_better(next, winner) ? next : winner;
    }
    *out_winner = winner ? (size_t)(winner - u->candidates) : GATE_NONE;
    return status ? status : probe_wait(u, &u->baseline);
}

int32_t race_revision(struct update *u, struct candidate *revision)
{
    revision->own = pool_array(u->pool, u->probe.count, sizeof(bool));
    if (!choose_own(u, revision, false, revision->own))
        choose_own(u, revision, true, revision->own);
    int32_t status = start_own(u, revision);
    if (!status)
        status = finish_own(u, revision);
    if (status || !revision->score.harmless || revision->score.net <= 0)
        return status;
    return run_guarded(u, revision);
}
