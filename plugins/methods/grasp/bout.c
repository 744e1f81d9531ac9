/* SPDX-License-Identifier: MIT */
#include "bout.h"

#include "common/slice.h"
#include "update.h"

/* Draws of one bout; those of the next have other numbers, and so other environments. */
#define DRAWS 1000
#define DRAW_MAX 1000000000u

/* Rollouts of one library and draw, of those that have not been started. */
struct same_draw {
    struct text ids;
    size_t count;
};

static void put_group(struct update *u, struct bout *bout, size_t from, size_t count,
                      const struct duel_rollout *rollouts, struct same_draw *out)
{
    text_char(&out->ids, '[');
    for (size_t i = from; i < count; i++) {
        struct bout_run *run = &bout->runs[i];
        if (run->started || rollouts[i].candidate != rollouts[from].candidate ||
            rollouts[i].draw != rollouts[from].draw)
            continue;
        text_put(&out->ids, out->count ? ", " : "");
        text_json(&out->ids, u->self->dev.samples[rollouts[i].sample].id);
        run->started = true;
        run->at = out->count++;
    }
    text_char(&out->ids, ']');
}

static int32_t start_group(struct update *u, const struct bout *bout,
                           const struct duel_rollout *first, grasp_str ids, uint64_t *out_ticket)
{
    const struct library *library =
        first->candidate < 0 ? &u->library
                             : &u->candidates[bout->first + (size_t)first->candidate].library;
    const grasp_trial trial = {
        .size = sizeof(trial),
        .repeats = 1,
        .knowledge = library_files(library),
        .samples = ids,
    };
    /* An older host draws anew for each trial too, but at temperature 0, where it repeats itself.
     */
    if (!first->draw || !GRASP_HAS(u->lab, start_draws))
        return u->lab->start_rollouts(u->call, &trial, out_ticket);
    uint64_t draw = (bout->number * DRAWS + first->draw) % DRAW_MAX + 1;
    grasp_str marker = pool_format(u->pool, "(Conversation %llu.)", (unsigned long long)draw);
    return u->lab->start_draws(u->call, &trial, (uint32_t)draw, marker, out_ticket);
}

/* One that has been proven is probably accepted. */
static int32_t expect_winner(struct update *u, struct bout *bout, const struct duel_rollout *first)
{
    if (first->role != DUEL_SAFETY || u->pruning || bout->expected)
        return GRASP_OK;
    bout->expected = true;
    return update_expect(u, &u->candidates[bout->first + (size_t)first->candidate]);
}

static int32_t start_all(struct update *u, struct bout *bout, size_t from, size_t count)
{
    size_t rows;
    const struct duel_rollout *rollouts = duel_rollouts(bout->duel, &rows);
    int32_t status = GRASP_OK;
    for (size_t i = from; i < count && !status; i++) {
        struct same_draw group = {.count = 0};
        uint64_t ticket = 0;
        if (bout->runs[i].started)
            continue;
        put_group(u, bout, i, count, rollouts, &group);
        status = start_group(u, bout, &rollouts[i], text_view(&group.ids), &ticket);
        text_free(&group.ids);
        for (size_t k = i; k < count; k++) {
            if (rollouts[k].candidate == rollouts[i].candidate &&
                rollouts[k].draw == rollouts[i].draw)
                bout->runs[k].ticket = ticket;
        }
        if (!status)
            status = expect_winner(u, bout, &rollouts[i]);
    }
    return status;
}

static enum duel_outcome outcome_of(struct update *u, const grasp_json_value *rollout)
{
    const grasp_json *json = u->json;
    grasp_str status = json->as_string(json->get(rollout, SLICE("status")));
    if (!json->as_bool(json->get(rollout, SLICE("available")), 0) ||
        slice_eq(status, SLICE("error")))
        return DUEL_VOID;
    if (json->as_bool(json->get(rollout, SLICE("correct")), 0))
        return DUEL_SOLVED;
    return slice_eq(status, SLICE("agent invalid action")) ? DUEL_INVALID : DUEL_FAILED;
}

static void tell(struct update *u, struct bout *bout, size_t at, const grasp_json_value *rollouts)
{
    struct bout_run *run = &bout->runs[at];
    grasp_str source;
    run->rollout = u->json->at(rollouts, run->at);
    source = u->json->as_string(u->json->get(run->rollout, SLICE("source")));
    run->source = source.len ? source : SLICE("fresh");
    run->nudged = u->json->as_bool(u->json->get(run->rollout, SLICE("nudged")), 0);
    duel_tell(bout->duel, at, outcome_of(u, run->rollout));
}

/* Waits for the earliest that is not known, and tells all of its ticket. */
static int32_t take_next(struct update *u, struct bout *bout, size_t at, size_t count)
{
    size_t rows;
    const struct duel_rollout *rollouts = duel_rollouts(bout->duel, &rows);
    grasp_str text;
    uint64_t ticket = bout->runs[at].ticket;
    int32_t status = u->lab->wait(u->call, ticket, &text);
    if (status)
        return status;
    const grasp_json_value *values = u->json->parse(u->call, text, NULL);
    for (size_t i = at; i < count; i++) {
        if (bout->runs[i].ticket == ticket && rollouts[i].outcome == DUEL_PENDING)
            tell(u, bout, i, values);
    }
    return GRASP_OK;
}

static int32_t hold(struct update *u, struct bout *bout)
{
    size_t count, started = 0, told = 0;
    int32_t status = GRASP_OK;
    const struct duel_rollout *rollouts = duel_rollouts(bout->duel, &count);
    while (!status && !duel_over(bout->duel)) {
        status = start_all(u, bout, started, count);
        started = count;
        while (told < count && rollouts[told].outcome != DUEL_PENDING)
            told++;
        if (!status)
            status = take_next(u, bout, told, count);
        duel_rollouts(bout->duel, &count);
    }
    return status;
}

int32_t bout_hold(struct update *u, const struct duel_setup *setup, size_t first, struct bout **out)
{
    size_t room = duel_room(setup);
    struct bout *bout = pool_array(u->pool, 1, sizeof(*bout));
    if (!room)
        return grasp_fail(u->call, GRASP_E_INVALID,
                          "the gate's options leave no duels to hold; see the options gate_*");
    *bout = (struct bout){.setup = *setup, .first = first, .number = u->self->duels.held++};
    bout->duel = duel_open(setup, pool_alloc(u->pool, room));
    bout->runs = pool_array(u->pool, (size_t)duel_bounds(setup).cap + 1, sizeof(*bout->runs));
    POOL_RESERVE(u->pool, u->bouts, u->bout_count, u->bout_capacity);
    u->bouts[u->bout_count++] = bout;
    for (size_t i = first; i < u->candidate_count; i++) {
        u->candidates[i].bout = bout;
        u->candidates[i].number = i - first;
    }
    *out = bout;
    return hold(u, bout);
}

/* Is it broken for good, by duels or as settled? */
static bool is_broken(const struct bout *bout, size_t candidate, size_t sample)
{
    size_t count;
    const struct duel_step *steps = duel_steps(bout->duel, &count);
    for (size_t i = 0; i < count; i++) {
        if (steps[i].role == DUEL_SAFETY && steps[i].candidate == (int32_t)candidate &&
            steps[i].sample == sample)
            return steps[i].score == 2;
    }
    return false;
}

const grasp_json_value *bout_break(const struct bout *bout, size_t candidate, size_t sample)
{
    size_t count;
    const struct duel_rollout *r = duel_rollouts(bout->duel, &count);
    if (!is_broken(bout, candidate, sample))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (r[i].candidate == (int32_t)candidate && r[i].sample == sample &&
            r[i].role == DUEL_SAFETY && r[i].outcome >= DUEL_FAILED)
            return bout->runs[i].rollout;
    }
    return NULL;
}
