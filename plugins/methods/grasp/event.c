/* SPDX-License-Identifier: MIT */
/* The record of an update in skill_updates.json and failure_taxonomy.json (spec/grasp.md 16). What
 * goes beyond the reference's keys is only written in the default. */
#include <string.h>

#include "common/slice.h"
#include "update.h"

static grasp_str probe_id(const struct update *u, size_t at)
{
    return u->self->dev.samples[u->probe.samples[at]].id;
}

static void put_number(struct text *out, const char *key, int64_t number)
{
    text_format(out, ", \"%s\": %lld", key, (long long)number);
}

/* A proposal as it was applied; the one of a recovery has no tags. */
static void put_applied(struct text *out, const struct update *u)
{
    bool first = true;
    text_put(out, ", \"applied\": [");
    for (size_t i = 0; i < u->candidate_count; i++) {
        const struct candidate *candidate = &u->candidates[i];
        for (size_t k = 0; candidate->accepted && k < candidate->edit.count; k++) {
            if (!first)
                text_put(out, ", ");
            proposal_write(out, &candidate->edit.parts[k],
                           !u->recovery || candidate->edit.parts[k].tag_count);
            first = false;
        }
    }
    text_char(out, ']');
}

static void put_outcomes(struct text *out, const struct update *u,
                         const struct gate_outcome *outcomes)
{
    for (size_t i = 0; i < u->probe.count; i++) {
        text_put(out, i ? ", " : "");
        text_json(out, probe_id(u, i));
        text_put(out, !outcomes[i].available ? ": null"
                      : outcomes[i].correct  ? ": true"
                                             : ": false");
    }
}

static void put_details(struct text *out, const struct update *u, const struct candidate *candidate)
{
    if (candidate->edit.count == 2) {
        text_put(out, ", \"together_with\": ");
        proposal_write(out, &candidate->edit.parts[0], true);
    }
    text_put(out, ", \"failure_mode\": ");
    text_json(out, candidate->edit.label);
    text_format(out, ", \"accepted\": %s", candidate->accepted ? "true" : "false");
    put_number(out, "compared", candidate->score.compared);
    text_put(out, ", \"outcomes\": {");
    put_outcomes(out, u, candidate->run.outcomes);
    text_char(out, '}');
    if (candidate->stopped)
        text_put(out, ", \"stopped_early\": true");
    if (candidate->untried)
        text_put(out, ", \"untried\": true");
    if (candidate->reused)
        put_number(out, "reused_rollouts", (int64_t)candidate->reused);
}

static void put_candidate(struct text *out, const struct update *u,
                          const struct candidate *candidate)
{
    const struct gate_score *score = &candidate->score;
    bool reference = u->self->options.reference;
    text_put(out, "{\"proposal\": ");
    proposal_write(out, &candidate->edit.parts[candidate->edit.count - 1], true);
    put_number(out, "net", score->net);
    put_number(out, "score", score->net);
    if (!reference || !candidate->revision)
        put_number(out, "raw_score", score->raw);
    put_number(out, "fixes", score->fixes);
    put_number(out, "regressions", score->regressions);
    put_number(out, "invalid_action_regressions", score->invalid);
    put_number(out, "baseline_fixes", score->baseline_fixes);
    put_number(out, "baseline_regressions", score->baseline_regressions);
    if (!reference || !candidate->revision)
        put_number(out, "invalid_action_regression_penalty", u->self->options.gate.invalid_penalty);
    if (candidate->revision)
        text_put(out, ", \"contrastive_revision\": true");
    if (!reference)
        put_details(out, u, candidate);
    text_char(out, '}');
}

static void put_probe(struct text *out, const struct update *u)
{
    bool first = true;
    text_put(out, ", \"probe\": {\"sample_ids\": [");
    for (size_t i = 0; i < u->probe.count; i++) {
        text_put(out, i ? ", " : "");
        text_json(out, probe_id(u, i));
    }
    text_put(out, "], \"was_failing\": [");
    for (size_t i = 0; i < u->probe.count; i++) {
        if (!u->probe.was_failing[u->probe.samples[i]])
            continue;
        text_put(out, first ? "" : ", ");
        text_json(out, probe_id(u, i));
        first = false;
    }
    text_put(out, "], \"baseline\": {");
    if (u->baseline.outcomes)
        put_outcomes(out, u, u->baseline.outcomes);
    text_put(out, "}}");
}

static void put_failures(struct text *out, const struct update *u)
{
    bool first = true;
    text_put(out, ", \"failures\": {");
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        if (!entry->available || entry->correct)
            continue;
        text_put(out, first ? "" : ", ");
        text_json(out, entry->id);
        text_put(out, ": {\"label\": ");
        text_json(out, entry->label);
        text_put(out, ", \"diagnosis\": ");
        text_json(out, entry->diagnosis);
        text_format(out, ", \"learned_from\": %s}", entry->ignored ? "false" : "true");
        first = false;
    }
    text_char(out, '}');
}

static void put_event(struct text *out, const struct update *u)
{
    text_format(out, "{\"epoch\": %lld", (long long)u->epoch);
    put_number(out, "update_cycle", u->cycle);
    put_number(out, "batch_size", (int64_t)u->count);
    put_number(out, "batch_correct", (int64_t)u->correct);
    put_applied(out, u);
    text_put(out, ", \"raw_proposals\": [");
    text_str(out, text_view(&u->raw_proposals));
    text_put(out, "], \"grpo\": [");
    for (size_t i = 0; i < u->candidate_count && u->bout_count; i++) {
        text_put(out, i ? ", " : "");
        duel_write_candidate(out, u, &u->candidates[i]);
    }
    bool silent = u->recovery && u->self->options.reference, first = true;
    for (size_t i = 0; i < u->candidate_count && !silent; i++) {
        if (!u->candidates[i].run.outcomes)
            continue;
        text_put(out, first ? "" : ", ");
        put_candidate(out, u, &u->candidates[i]);
        first = false;
    }
    text_char(out, ']');
    if (u->recovery)
        text_put(out, ", \"recovery\": true");
    if (!u->self->options.reference) {
        if (u->reason)
            text_format(out, ", \"reason\": \"%s\"", u->reason);
        if (u->pruning)
            text_put(out, ", \"pruning\": true");
        put_failures(out, u);
        if (u->bout_count)
            duel_write_bouts(out, u);
        else
            put_probe(out, u);
    }
    text_char(out, '}');
}

int32_t event_note(struct update *u)
{
    struct text out CLEANUP_TEXT = {0};
    put_event(&out, u);
    if (out.failed)
        return grasp_fail(u->call, GRASP_E_TOO_LARGE,
                          "the record of epoch %lld, update %lld is over 64 MiB",
                          (long long)u->epoch, (long long)u->cycle);
    return u->lab->note(u->call, SLICE("skill_updates.json"), text_view(&out));
}

int32_t event_taxonomy(struct update *u)
{
    struct text out CLEANUP_TEXT = {0};
    const struct past *past = &u->self->past;
    text_char(&out, '{');
    for (size_t i = 0; i < past->label_count; i++) {
        text_put(&out, i ? ",\n  " : "\n  ");
        text_json(&out, past->labels[i].name);
        text_put(&out, ": ");
        text_json(&out, past->labels[i].description);
    }
    text_put(&out, past->label_count ? "\n}" : "}");
    return u->lab->record(u->call, SLICE("failure_taxonomy.json"), text_view(&out));
}
