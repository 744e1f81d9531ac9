/* SPDX-License-Identifier: MIT */
#include "update.h"

#include "common/slice.h"

static void merge_labels(struct update *u)
{
    for (size_t i = 0; i < u->new_label_count; i++)
        past_set_label(&u->self->past, u->new_labels[i].name, u->new_labels[i].description);
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        if (entry_failed(entry) && entry->sample != DEV_NONE)
            past_set_cause(&u->self->past, entry->sample, entry->label);
    }
}

static int32_t draw(struct update *u)
{
    grasp_str label =
        pool_format(u->pool, "probe:%lld:%lld", (long long)u->epoch, (long long)u->cycle);
    return probe_draw(u, label);
}

static int32_t understand(struct update *u)
{
    int32_t status = u->self->options.cluster_failures ? classify_failures(u) : GRASP_OK;
    return status || u->self->options.diagnose_with_edits ? status : diagnose_failures(u);
}

/* Are edits applied without a probe? */
static bool is_blind(const struct update *u)
{
    return u->self->options.no_gate || u->self->options.blind != BLIND_NO;
}

/* Every failure that is known may show that an edit helps: the machine chooses. */
static int32_t run_duels(struct update *u)
{
    struct edit *edits;
    size_t count;
    int32_t status = propose_edits(u, &edits, &count);
    if (status)
        return status;
    if (count + duels_carried(u) == 0) {
        u->reason = "no_valid_proposals";
        return GRASP_OK;
    }
    return duels_decide(u, edits, count);
}

static int32_t decide(struct update *u, const struct edit *edits, size_t count)
{
    if (u->self->options.no_gate)
        return select_all(u, edits, count);
    return is_blind(u) ? select_blindly(u, edits, count) : evaluate_edits(u, edits, count);
}

/* The probe comes first. */
static int32_t run_reference(struct update *u)
{
    struct edit *edits;
    size_t count;
    int32_t status = is_blind(u) ? GRASP_OK : draw(u);
    if (status || (!is_blind(u) && u->probe.count == 0))
        return status;
    if ((!is_blind(u) && (status = evaluate_baseline(u))) || (status = understand(u)) ||
        (status = propose_edits(u, &edits, &count)))
        return status;
    return decide(u, edits, count);
}

/* Draws the probe; false if it can judge nothing. */
static int32_t draw_useful(struct update *u, bool *out_useful)
{
    int32_t status = draw(u);
    *out_useful = u->probe.count > 0;
    if (!*out_useful)
        u->reason = "no_probe_data";
    return status;
}

/* Edits for failures that the probe can judge. What they are compared with runs meanwhile. */
static int32_t run_race(struct update *u)
{
    struct edit *edits;
    size_t count;
    bool useful;
    int32_t status = draw_useful(u, &useful);
    if (status || !useful)
        return status;
    group_failures(u);
    race_choose_groups(u);
    if (u->group_count == 0) {
        u->reason = "no_failure_of_these_kinds_on_the_probe";
        return GRASP_OK;
    }
    if ((status = race_start_baseline(u)) || (status = propose_edits(u, &edits, &count)))
        return status;
    if (count == 0) {
        u->reason = "no_valid_proposals";
        return probe_wait(u, &u->baseline);
    }
    return decide(u, edits, count);
}

/* Nothing is paid for before it is known to be needed. */
static int32_t run_default(struct update *u)
{
    struct edit *edits;
    size_t count;
    bool useful;
    int32_t status = understand(u);
    if (status)
        return status;
    duels_remember(u);
    if (entries_failing(u) == 0 && u->self->options.skip_without_failures) {
        u->reason = "all_failures_non_learnable";
        return GRASP_OK;
    }
    if (!is_blind(u) && duels_possible(u))
        return run_duels(u);
    if (!is_blind(u) && race_possible(u))
        return run_race(u);
    if ((status = propose_edits(u, &edits, &count)))
        return status;
    if (count == 0) {
        u->reason = "no_valid_proposals";
        return GRASP_OK;
    }
    if (is_blind(u))
        return decide(u, edits, count);
    status = draw_useful(u, &useful);
    return status || !useful ? status : decide(u, edits, count);
}

static int32_t run(struct update *u)
{
    if (entries_failing(u) == 0 && u->self->options.skip_without_failures) {
        u->reason = "no_failures";
        duels_remember(u);
        return GRASP_OK;
    }
    return u->self->options.reference ? run_reference(u) : run_default(u);
}

int32_t update_run(struct update *u)
{
    entries_remember(u);
    int32_t status = run(u);
    merge_labels(u);
    if (!status)
        status = event_note(u);
    return status ? status : event_taxonomy(u);
}

bool update_changed(const struct update *u)
{
    for (size_t i = 0; i < u->candidate_count; i++) {
        if (u->candidates[i].accepted)
            return true;
    }
    return false;
}

void update_open(struct update *u, struct library library)
{
    u->library = library;
    u->skill_count = library_skills(&u->library, &u->skills);
}
