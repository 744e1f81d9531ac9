/* SPDX-License-Identifier: MIT */
/* What came of a candidate's duels: a sentence for people, and the record of every rollout. */
#include "common/slice.h"
#include "update.h"

static const char *const role_names[] = {"screen", "recheck", "safety", "duel", "safety duel"};
static const char *const outcome_names[] = {"pending", "not available", "solved", "failed",
                                            "invalid action"};
static const char *const fate_names[] = {"open",    "no hit", "hits did not hold", "lost",
                                         "too few", "usual",  "breaks too much",   "undecided",
                                         "accepted"};

static const struct duel_report *report_of(const struct candidate *candidate)
{
    return &duel_reports(candidate->bout->duel)[candidate->number];
}

static grasp_str score_of(const struct update *u, const struct candidate *candidate)
{
    const struct duel_report *r = report_of(candidate);
    const long long duels = r->wins + r->losses;
    return pool_format(u->pool,
                       "it won %lld of %lld duels with the present library (score %lld, needed "
                       "%lld)",
                       (long long)r->wins, duels, (long long)r->score,
                       (long long)duel_bounds(&candidate->bout->setup).threshold);
}

/* What a settled bout has instead of duels. */
static grasp_str proof_of(const struct update *u, const struct candidate *candidate)
{
    const struct duel_report *r = report_of(candidate);
    if (!candidate->bout->setup.options.settled)
        return score_of(u, candidate);
    return pool_format(u->pool, "it solves %lld of %lld samples that failed", (long long)r->hits,
                       (long long)r->screened);
}

static grasp_str undecided(const struct update *u, const struct candidate *candidate)
{
    const struct duel *d = candidate->bout->duel;
    size_t winner = duel_winner(d);
    if (winner != DUEL_NONE && duel_reports(d)[winner].rank < report_of(candidate)->rank)
        return SLICE("not decided: another edit was accepted before its turn");
    return pool_format(u->pool,
                       "not decided: %s, and then the limit of %lld rollouts was reached or its "
                       "samples could not be run",
                       score_of(u, candidate).ptr,
                       (long long)duel_bounds(&candidate->bout->setup).cap);
}

static grasp_str broken_by(const struct update *u, const struct candidate *candidate)
{
    const struct duel_report *r = report_of(candidate);
    return pool_format(u->pool,
                       "it breaks %lld of %lld samples that passed; that is about %.1f fixes "
                       "against %.1f breaks in all, of which each counts %.1f times",
                       (long long)r->broken, (long long)r->probed, r->gain, r->loss,
                       candidate->bout->setup.options.break_weight);
}

grasp_str duel_verdict(const struct update *u, const struct candidate *candidate)
{
    const struct duel_report *r = report_of(candidate);
    struct pool *pool = u->pool;
    switch (r->fate) {
    case DUEL_NO_HIT:
        return pool_format(pool, "refused: it solved none of %lld samples that had failed",
                           (long long)r->screened);
    case DUEL_NOT_AGAIN:
        return pool_format(pool,
                           "refused: it solved %lld of %lld samples that had failed, but a second "
                           "look at it and at the present library left none",
                           (long long)r->hits, (long long)r->screened);
    case DUEL_LOST:
        return pool_format(pool, "refused: %s", score_of(u, candidate).ptr);
    case DUEL_TOO_FEW:
        return pool_format(pool, "refused: %s, but only %lld samples are really better",
                           proof_of(u, candidate).ptr, (long long)r->good);
    case DUEL_USUAL:
        return pool_format(pool, "refused: %s, no more than other edits do by chance",
                           proof_of(u, candidate).ptr);
    case DUEL_BREAKS:
        return pool_format(pool, "refused: %s, but %s", proof_of(u, candidate).ptr,
                           broken_by(u, candidate).ptr);
    case DUEL_ACCEPTED:
        return pool_format(pool, "accepted: %s, and %s", proof_of(u, candidate).ptr,
                           broken_by(u, candidate).ptr);
    case DUEL_UNDECIDED:
    case DUEL_OPEN:
        break;
    }
    return undecided(u, candidate);
}

static void put_count(struct text *out, const char *key, int64_t value)
{
    text_format(out, ", \"%s\": %lld", key, (long long)value);
}

/* The score after each duel. */
static void put_path(struct text *out, const struct candidate *candidate)
{
    size_t count;
    const struct duel_step *steps = duel_steps(candidate->bout->duel, &count);
    int64_t score = 0;
    bool first = true;
    text_put(out, ", \"score_path\": [");
    for (size_t i = 0; i < count; i++) {
        if (steps[i].role != DUEL_FIGHT || steps[i].candidate != (int32_t)candidate->number ||
            !steps[i].result)
            continue;
        score += steps[i].result;
        text_format(out, "%s%lld", first ? "" : ", ", (long long)score);
        first = false;
    }
    text_char(out, ']');
}

static int64_t rollouts_of(const struct candidate *candidate)
{
    size_t count;
    int64_t own = 0;
    const struct duel_rollout *r = duel_rollouts(candidate->bout->duel, &count);
    for (size_t i = 0; i < count; i++)
        own += r[i].candidate == (int32_t)candidate->number;
    return own;
}

/* Keys that the gates by counts have too, for readers of either: what in a duel comes to the same.
 * Hits that the present library has as well are the baseline's, and so is doubt that no duel
 * confirmed. */
static void put_counts(struct text *out, const struct candidate *candidate)
{
    const struct duel_report *r = report_of(candidate);
    int64_t weight = candidate->bout->setup.options.invalid_weight;
    put_count(out, "net", r->good - r->break_points);
    put_count(out, "score", r->good - r->break_points);
    put_count(out, "raw_score", r->good - r->break_points);
    put_count(out, "fixes", r->good);
    put_count(out, "regressions", r->broken);
    put_count(out, "invalid_action_regressions",
              weight > 1 ? (r->break_points - r->broken) / (weight - 1) : 0);
    put_count(out, "baseline_fixes", r->hits > r->rechecked ? r->hits - r->rechecked : 0);
    put_count(out, "baseline_regressions", r->doubted - r->broken);
    put_count(out, "invalid_action_regression_penalty", weight);
}

void duel_write_candidate(struct text *out, const struct update *u,
                          const struct candidate *candidate)
{
    const struct duel_report *r = report_of(candidate);
    text_put(out, "{\"proposal\": ");
    proposal_write(out, &candidate->edit.parts[candidate->edit.count - 1], true);
    put_counts(out, candidate);
    if (candidate->edit.count == 2) {
        text_put(out, ", \"together_with\": ");
        proposal_write(out, &candidate->edit.parts[0], true);
    }
    text_put(out, ", \"failure_mode\": ");
    text_json(out, candidate->edit.label);
    text_format(out, ", \"accepted\": %s, \"fate\": \"%s\", \"verdict\": ",
                candidate->accepted ? "true" : "false", fate_names[r->fate]);
    text_json(out, duel_verdict(u, candidate));
    if (candidate->bout->setup.candidates[candidate->number].carried)
        text_put(out, ", \"carried_over\": true");
    if (candidate->revision)
        text_put(out, ", \"contrastive_revision\": true");
    if (r->fate == DUEL_UNDECIDED)
        text_put(out, ", \"untried\": true");
    put_count(out, "screened", r->screened);
    put_count(out, "hits", r->hits);
    put_count(out, "hits_held", r->held);
    put_count(out, "duels_won", r->wins);
    put_count(out, "duels_lost", r->losses);
    put_count(out, "duel_score", r->score);
    put_path(out, candidate);
    put_count(out, "passing_probed", r->probed);
    text_format(out, ", \"projected_gain\": %.2f, \"projected_breaks\": %.2f", r->gain, r->loss);
    put_count(out, "rollouts", rollouts_of(candidate));
    put_count(out, "samples_without_difference", (int64_t)candidate->same);
    text_char(out, '}');
}

static void put_rollout(struct text *out, const struct update *u, const struct bout *bout,
                        const struct duel_rollout *r, const struct bout_run *run)
{
    text_format(out, "{\"role\": \"%s\", \"side\": ", role_names[r->role]);
    if (r->candidate < 0)
        text_put(out, "\"library\"");
    else
        text_format(out, "%zu", bout->first + (size_t)r->candidate);
    text_put(out, ", \"sample\": ");
    text_json(out, u->self->dev.samples[r->sample].id);
    text_format(out, ", \"draw\": %u, \"outcome\": \"%s\", \"source\": ", r->draw,
                outcome_names[r->outcome]);
    /* Whether another run has paid for it is no part of what came of it. */
    text_json(out, slice_eq(run->source, SLICE("cached")) ? SLICE("fresh") : run->source);
    text_put(out, run->nudged ? ", \"nudged\": true}" : "}");
}

static void put_bout(struct text *out, const struct update *u, const struct bout *bout)
{
    size_t count;
    const struct duel_rollout *r = duel_rollouts(bout->duel, &count);
    const struct duel_options *o = &bout->setup.options;
    const struct duel_bounds bounds = duel_bounds(&bout->setup);
    text_format(out, "{\"threshold\": %lld, \"cap\": %lld, \"alpha\": %g, \"repeats\": \"%s\"",
                (long long)bounds.threshold, (long long)bounds.cap, o->alpha,
                o->settled ? "settled" : "fresh");
    text_put(out, ", \"rollouts\": [");
    for (size_t i = 0; i < count; i++) {
        text_put(out, i ? ", " : "");
        put_rollout(out, u, bout, &r[i], &bout->runs[i]);
    }
    text_put(out, "]}");
}

void duel_write_bouts(struct text *out, const struct update *u)
{
    text_put(out, ", \"duels\": [");
    for (size_t i = 0; i < u->bout_count; i++) {
        text_put(out, i ? ", " : "");
        put_bout(out, u, u->bouts[i]);
    }
    text_char(out, ']');
}
