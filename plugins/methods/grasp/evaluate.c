/* SPDX-License-Identifier: MIT */
/* Runs edits on the probe, lets the gate decide, and applies the winner (spec/grasp.md 9.3 to
 * 9.5, 9.8). */
#include "common/slice.h"
#include "update.h"

static struct candidate *add_candidate(struct update *u, const struct edit *edit)
{
    POOL_RESERVE(u->pool, u->candidates, u->candidate_count, u->candidate_capacity);
    struct candidate *candidate = &u->candidates[u->candidate_count++];
    *candidate = (struct candidate){.edit = *edit, .library = library_fork(&u->library)};
    for (size_t i = 0; i < edit->count; i++)
        proposal_apply(&candidate->library, &edit->parts[i], NULL);
    return candidate;
}

static int32_t judge(struct update *u, struct candidate *candidate)
{
    bool *was_failing = pool_array(u->pool, u->probe.count, sizeof(*was_failing));
    int32_t status = probe_wait(u, candidate->ticket, &candidate->outcomes, &candidate->rollouts);
    if (status)
        return status;
    for (size_t i = 0; i < u->probe.count; i++)
        was_failing[i] = u->probe.was_failing[u->probe.samples[i]];
    candidate->score = gate_judge(u->self->options.reference, was_failing, u->baseline,
                                  candidate->outcomes, u->probe.count);
    return GRASP_OK;
}

int32_t evaluate_baseline(struct update *u)
{
    uint64_t ticket;
    int32_t status = probe_start(u, &u->library, &ticket);
    return status ? status : probe_wait(u, ticket, &u->baseline, &u->baseline_rollouts);
}

/* One after the other, as the reference does. */
static int32_t run_in_turn(struct update *u, const struct edit *edits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct candidate *candidate = add_candidate(u, &edits[i]);
        int32_t status = probe_start(u, &candidate->library, &candidate->ticket);
        if (!status)
            status = judge(u, candidate);
        if (status)
            return status;
    }
    return GRASP_OK;
}

/* The present library and all candidates in one wave. */
static int32_t run_together(struct update *u, const struct edit *edits, size_t count)
{
    uint64_t ticket;
    int32_t status = probe_start(u, &u->library, &ticket);
    for (size_t i = 0; i < count && !status; i++) {
        struct candidate *candidate = add_candidate(u, &edits[i]);
        status = probe_start(u, &candidate->library, &candidate->ticket);
    }
    if (!status)
        status = probe_wait(u, ticket, &u->baseline, &u->baseline_rollouts);
    for (size_t i = 0; i < count && !status; i++)
        status = judge(u, &u->candidates[i]);
    return status;
}

static struct gate_score *scores_of(struct update *u, size_t count)
{
    struct gate_score *scores = pool_array(u->pool, count, sizeof(*scores));
    for (size_t i = 0; i < count; i++)
        scores[i] = u->candidates[i].score;
    return scores;
}

/* Gives the writer's second version of a candidate its chance. */
static int32_t try_revision(struct update *u, size_t of, size_t *winner)
{
    struct edit edit;
    bool found;
    int32_t status = revise_edit(u, &u->candidates[of], &edit, &found);
    if (status || !found)
        return status;
    struct candidate *revision = add_candidate(u, &edit);
    revision->revision = true;
    status = probe_start(u, &revision->library, &revision->ticket);
    if (!status)
        status = judge(u, revision);
    if (status)
        return status;
    const struct gate_score *best = *winner == GATE_NONE ? NULL : &u->candidates[*winner].score;
    if (gate_accepts_revision(&revision->score, best))
        *winner = u->candidate_count - 1;
    return GRASP_OK;
}

static struct meta *provenance_of(struct update *u, const struct candidate *winner,
                                  const struct proposal *proposal)
{
    struct pool *pool = u->pool;
    struct meta *map = meta_new_map(pool), *triggers = meta_new_list(pool);
    for (size_t i = 0; i < u->count && triggers->count < 10; i++) {
        if (u->entries[i].available && !u->entries[i].correct)
            meta_append(pool, triggers, meta_new_string(pool, u->entries[i].id));
    }
    meta_set(pool, map, "action", meta_new_string(pool, grasp_cstr(action_name(proposal->action))));
    meta_set(pool, map, "epoch", meta_new_int(pool, u->epoch));
    meta_set(pool, map, "fixes", meta_new_int(pool, winner->score.fixes));
    meta_set(pool, map, "probe_score", meta_new_int(pool, winner->score.net));
    meta_set(pool, map, "regressions", meta_new_int(pool, winner->score.regressions));
    meta_set(pool, map, "triggering_sample_ids", triggers);
    meta_set(pool, map, "update_cycle", meta_new_int(pool, u->cycle));
    return map;
}

void update_apply(struct update *u, struct candidate *winner)
{
    winner->accepted = true;
    for (size_t i = 0; i < winner->edit.count; i++) {
        const struct proposal *proposal = &winner->edit.parts[i];
        proposal_apply(&u->library, proposal, provenance_of(u, winner, proposal));
    }
}

static void remember_refusals(struct update *u)
{
    for (size_t i = 0; i < u->candidate_count; i++) {
        const struct candidate *candidate = &u->candidates[i];
        const struct edit *edit = &candidate->edit;
        const struct proposal *last = &edit->parts[edit->count - 1];
        const struct refusal refusal = {edit->count == 2 ? "REMOVE+ADD" : action_name(last->action),
                                        last->name, last->description,
                                        pool_format(u->pool,
                                                    "on the probe: %lld fixed, %lld broken",
                                                    (long long)candidate->score.fixes,
                                                    (long long)candidate->score.regressions)};
        /* One that was only second best has not failed. */
        if (!candidate->score.harmless || candidate->score.net <= 0)
            past_refuse(&u->self->past, &refusal);
    }
}

int32_t evaluate_edits(struct update *u, const struct edit *edits, size_t count)
{
    bool reference = u->self->options.reference;
    int32_t status = reference ? run_in_turn(u, edits, count) : run_together(u, edits, count);
    if (status)
        return status;
    const struct gate_score *scores = scores_of(u, count);
    size_t winner = gate_pick(scores, count);
    size_t revise = gate_pick_revision(reference, scores, count, winner);
    if (revise != GATE_NONE)
        status = try_revision(u, revise, &winner);
    if (status)
        return status;
    if (winner != GATE_NONE)
        update_apply(u, &u->candidates[winner]);
    else
        u->reason = "no_edit_passed_the_gate";
    remember_refusals(u);
    return GRASP_OK;
}

/* Taking a skill back need only help on the whole. */
int32_t evaluate_recovery(struct update *u, const struct edit *edit)
{
    int32_t status = run_together(u, edit, 1);
    if (!status && u->candidates[0].score.net > 0)
        update_apply(u, &u->candidates[0]);
    return status;
}
