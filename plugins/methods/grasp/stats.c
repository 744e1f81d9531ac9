/* SPDX-License-Identifier: MIT */
#include "common/slice.h"
#include "update.h"

static bool has_credit(const struct past_entry *entry, grasp_str skill)
{
    for (size_t i = 0; i < entry->skill_count; i++) {
        if (slice_eq(entry->skills[i], skill))
            return true;
    }
    return false;
}

struct effect stats_effect(const struct update *u, grasp_str skill)
{
    const struct past *past = &u->self->past;
    struct effect effect = {0};
    for (size_t i = 0; i < past->count; i++) {
        const struct past_entry *entry = &past->entries[i];
        if (!has_credit(entry, skill))
            continue;
        int before = past_before(past, entry->sample);
        effect.runs++;
        effect.fixes += before == 0 && entry->correct;
        effect.regressions += before == 1 && !entry->correct;
    }
    return effect;
}
