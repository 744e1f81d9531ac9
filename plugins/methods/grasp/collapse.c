/* SPDX-License-Identifier: MIT */
/* When nearly every dev sample of an epoch fails, the newest skill is put to the test
 * (spec/grasp.md 12): taken out, or, where there is an earlier version, taken back to it. */
#include <string.h>

#include "common/slice.h"
#include "update.h"

static int64_t number_of(const struct skill *skill, const char *key)
{
    return meta_int(meta_get(skill->provenance, key), -1);
}

static bool is_newer(const struct skill *a, const struct skill *b)
{
    int64_t epoch_a = number_of(a, "epoch"), epoch_b = number_of(b, "epoch");
    if (epoch_a != epoch_b)
        return epoch_a > epoch_b;
    return number_of(a, "update_cycle") > number_of(b, "update_cycle");
}

static const struct skill *newest(const struct update *u)
{
    const struct skill *found = &u->skills[0];
    for (size_t i = 1; i < u->skill_count; i++) {
        if (is_newer(&u->skills[i], found))
            found = &u->skills[i];
    }
    return found;
}

/* The version that the present one was made from. */
static bool find_parent(struct update *u, const struct skill *skill, struct skill *out)
{
    struct skill *history;
    int64_t parent = number_of(skill, "parent_version");
    size_t count = library_history(&u->library, skill->file, &history);
    for (size_t i = 0; i < count; i++) {
        if (parent >= 0 && history[i].version == parent) {
            *out = history[i];
            return true;
        }
    }
    return false;
}

static struct edit make_edit(struct update *u)
{
    const struct skill *skill = newest(u);
    struct skill parent;
    struct edit edit = {.count = 1, .label = SLICE("")};
    struct proposal *proposal = &edit.parts[0];
    proposal->action = ACTION_REMOVE;
    proposal->name = skill->file;
    proposal->description = SLICE("");
    proposal->content = SLICE("");
    if (!u->self->options.reference && find_parent(u, skill, &parent)) {
        proposal->action = ACTION_MODIFY;
        proposal->description = parent.description;
        proposal->content = parent.content;
        proposal->tags = parent.tags;
        proposal->tag_count = parent.tag_count;
    }
    return edit;
}

int32_t collapse_recover(struct update *u)
{
    u->recovery = true;
    int32_t status = probe_draw(u, pool_format(u->pool, "collapse:%lld", (long long)u->epoch));
    if (status || u->probe.count == 0)
        return status;
    const struct edit edit = make_edit(u);
    proposal_write(&u->raw_proposals, &edit.parts[0], edit.parts[0].tag_count > 0);
    if ((status = evaluate_recovery(u, &edit)))
        return status;
    /* The reference says nothing of one that did not help. */
    return u->self->options.reference && !update_changed(u) ? GRASP_OK : event_note(u);
}
