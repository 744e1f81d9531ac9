/* SPDX-License-Identifier: MIT */
#include "update.h"

#include "common/slice.h"

static void merge_labels(struct update *u)
{
    for (size_t i = 0; i < u->new_label_count; i++)
        past_set_label(&u->self->past, u->new_labels[i].name, u->new_labels[i].description);
}

static int32_t draw(struct update *u)
{
    grasp_str label =
        pool_format(u->pool, "probe:%lld:%lld", (long long)u->epoch, (long long)u->cycle);
    return probe_draw(u, label);
}

static int32_t understand(struct update *u)
{
    int32_t status = classify_failures(u);
    return status ? status : diagnose_failures(u);
}

/* The probe comes first, and everything is asked for even if nothing failed. */
static int32_t run_reference(struct update *u)
{
    struct edit *edits;
    size_t count;
    int32_t status = draw(u);
    if (status || u->probe.count == 0)
        return status;
    if ((status = evaluate_baseline(u)) || (status = understand(u)) ||
        (status = propose_edits(u, &edits, &count)))
        return status;
    return evaluate_edits(u, edits, count);
}

/* Nothing is paid for before it is known to be needed. */
static int32_t run_default(struct update *u)
{
    struct edit *edits;
    size_t count;
    int32_t status;
    if (entries_failing(u) == 0) {
        u->reason = "no_failures";
        return GRASP_OK;
    }
    if ((status = understand(u)))
        return status;
    if (entries_failing(u) == 0) {
        u->reason = "all_failures_non_learnable";
        return GRASP_OK;
    }
    if ((status = propose_edits(u, &edits, &count)))
        return status;
    if (count == 0) {
        u->reason = "no_valid_proposals";
        return GRASP_OK;
    }
    if ((status = draw(u)))
        return status;
    if (u->probe.count == 0) {
        u->reason = "no_probe_data";
        return GRASP_OK;
    }
    return evaluate_edits(u, edits, count);
}

int32_t update_run(struct update *u)
{
    entries_remember(u);
    int32_t status = u->self->options.reference ? run_reference(u) : run_default(u);
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
