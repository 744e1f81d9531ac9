/* SPDX-License-Identifier: MIT */
/* Runs edits on the probe, lets the gate decide, and applies the winner (spec/grasp.md 9.3 to
 * 9.5, 9.8). */
#include "common/slice.h"
#include "update.h"

struct candidate *candidate_add(struct update *u, const struct edit *edit)
{
    POOL_RESERVE(u->pool, u->candidates, u->candidate_count, u->candidate_capacity);
    struct candidate *candidate = &u->candidates[u->candidate_count++];
    *candidate = (struct candidate){.edit = *edit, .library = library_fork(&u->library)};
    for (size_t i = 0; i < edit->count; i++)
        proposal_apply(&candidate->library, &edit->parts[i], NULL);
    return candidate;
}

static struct candidate *put_on_probe(struct update *u, const struct edit *edit)
{
    struct candidate *candidate = candidate_add(u, edit);
    probe_open(u, &candidate->run);
    return candidate;
}

int32_t evaluate_baseline(struct update *u)
{
    probe_open(u, &u->baseline);
    int32_t status = probe_start(u, &u->library, NULL, &u->baseline);
    return status ? status : probe_wait(u, &u->baseline);
}

/* Candidates whose turn it is: those from `from` on that are not stopped. which: samples of the
 * probe, NULL for all. */
static int32_t start_all(struct update *u, size_t from, const bool *which)
{
    int32_t status = GRASP_OK;
    for (size_t i = from; i < u->candidate_count && !status; i++) {
        struct candidate *candidate = &u->candidates[i];
        if (!candidate->stopped)
            status = probe_start(u, &candidate->library, which, &candidate->run);
    }
    return status;
}

static int32_t wait_all(struct update *u, size_t from)
{
    int32_t status = GRASP_OK;
    if (u->baseline.open)
        status = probe_wait(u, &u->baseline);
    for (size_t i = from; i < u->candidate_count && !status; i++)
        status = probe_wait(u, &u->candidates[i].run);
    return status;
}

/* Those that the rest of the probe cannot save. A revision has no second one. */
static void stop_hopeless(struct update *u, size_t from)
{
    for (size_t i = from; i < u->candidate_count; i++) {
        struct candidate *candidate = &u->candidates[i];
        struct gate_rules rules = u->self->options.gate;
        rules.revise_near_misses = rules.revise_near_misses && !candidate->revision;
        candidate->stopped =
            gate_hopeless(&rules, u->was_failing, u->baseline.outcomes, candidate->run.outcomes,
                          candidate->run.done, u->probe.count);
    }
}

/* First the half that failed, which most edits do not help; then the other, for those that may
 * still come through. What is run depends on results alone, never on which of them came first. */
static int32_t run_in_halves(struct update *u, size_t from)
{
    int32_t status = start_all(u, from, u->was_failing);
    if (status || (status = wait_all(u, from)))
        return status;
    stop_hopeless(u, from);
    status = start_all(u, from, NULL);
    return status ? status : wait_all(u, from);
}

static int32_t take_over(struct update *u, size_t from)
{
    int32_t status = u->baseline.open ? probe_wait(u, &u->baseline) : GRASP_OK;
    for (size_t i = from; i < u->candidate_count && !status; i++)
        status = similar_take_over(u, &u->candidates[i]);
    return status;
}

/* The candidates from `from` on, side by side, and the baseline with them if it has not been run.
 */
static int32_t run_candidates(struct update *u, size_t from)
{
    const struct options *options = &u->self->options;
    int32_t status = GRASP_OK;
    if (!u->baseline.outcomes) {
        probe_open(u, &u->baseline);
        status = probe_start(u, &u->library, NULL, &u->baseline);
    }
    if (!status && options->reuse_rollouts && similar_possible(u))
        status = take_over(u, from);
    if (!status && options->stop_early && !u->recovery)
        status = run_in_halves(u, from);
    else if (!status && !(status = start_all(u, from, NULL)))
        status = wait_all(u, from);
    for (size_t i = from; i < u->candidate_count && !status; i++) {
        struct candidate *candidate = &u->candidates[i];
        candidate->score = gate_judge(&options->gate, u->was_failing, u->baseline.outcomes,
                                      candidate->run.outcomes, u->probe.count);
    }
    return status;
}

/* One after the other, as the reference does. */
static int32_t run_in_turn(struct update *u, const struct edit *edits, size_t count)
{
    int32_t status = GRASP_OK;
    for (size_t i = 0; i < count && !status; i++) {
        put_on_probe(u, &edits[i]);
        status = run_candidates(u, u->candidate_count - 1);
    }
    return status;
}

static int32_t run_together(struct update *u, const struct edit *edits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_on_probe(u, &edits[i]);
    return run_candidates(u, 0);
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
    put_on_probe(u, &edit)->revision = true;
    status = race_possible(u) ? race_revision(u, &u->candidates[u->candidate_count - 1])
                              : run_candidates(u, u->candidate_count - 1);
    if (status)
        return status;
    const struct candidate *revision = &u->candidates[u->candidate_count - 1];
    const struct gate_score *best = *winner == GATE_NONE ? NULL : &u->candidates[*winner].score;
    if (gate_accepts_revision(&revision->score, best))
        *winner = u->candidate_count - 1;
    return GRASP_OK;
}

static struct meta *provenance_of(const struct update *u, const struct candidate *winner,
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
    if (winner->bout) {
        const struct duel_report *r = &duel_reports(winner->bout->duel)[winner->number];
        meta_set(pool, map, "breaks", meta_new_int(pool, r->broken));
        meta_set(pool, map, "duels_lost", meta_new_int(pool, r->losses));
        meta_set(pool, map, "duels_won", meta_new_int(pool, r->wins));
    }
    if (winner->run.outcomes) {
        meta_set(pool, map, "fixes", meta_new_int(pool, winner->score.fixes));
        meta_set(pool, map, "probe_score", meta_new_int(pool, winner->score.net));
        meta_set(pool, map, "regressions", meta_new_int(pool, winner->score.regressions));
    }
    meta_set(pool, map, "triggering_sample_ids", triggers);
    meta_set(pool, map, "update_cycle", meta_new_int(pool, u->cycle));
    return map;
}

static void apply(struct update *u, const struct candidate *winner, struct library *library)
{
    for (size_t i = 0; i < winner->edit.count; i++) {
        const struct proposal *proposal = &winner->edit.parts[i];
        proposal_apply(library, proposal, provenance_of(u, winner, proposal));
    }
}

void update_apply(struct update *u, struct candidate *winner)
{
    winner->accepted = true;
    apply(u, winner, &u->library);
}

int32_t update_expect(struct update *u, const struct candidate *winner)
{
    struct library library = library_fork(&u->library);
    if (!GRASP_HAS(u->lab, expect))
        return GRASP_OK;
    apply(u, winner, &library);
    const grasp_files files = library_files(&library);
    return u->lab->expect(u->call, &files);
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
        if (!candidate->untried && (!candidate->score.harmless || candidate->score.net <= 0))
            past_refuse(&u->self->past, &refusal);
    }
}

static int32_t run_race(struct update *u, const struct edit *edits, size_t count,
                        size_t *out_winner)
{
    for (size_t i = 0; i < count; i++)
        put_on_probe(u, &edits[i]);
    return race_candidates(u, out_winner);
}

int32_t evaluate_edits(struct update *u, const struct edit *edits, size_t count)
{
    bool race = race_possible(u);
    size_t winner = GATE_NONE;
    int32_t status = race                         ? run_race(u, edits, count, &winner)
                     : u->self->options.reference ? run_in_turn(u, edits, count)
                                                  : run_together(u, edits, count);
    if (status)
        return status;
    const struct gate_score *scores = scores_of(u, count);
    if (!race)
        winner = gate_pick(scores, count);
    size_t revise = gate_pick_revision(&u->self->options.gate, scores, count, winner);
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
    int32_t status = u->self->options.reference ? evaluate_baseline(u) : GRASP_OK;
    if (!status)
        status = run_together(u, edit, 1);
    if (!status && u->candidates[0].score.net > 0)
        update_apply(u, &u->candidates[0]);
    return status;
}
