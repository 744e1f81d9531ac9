/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "common/slice.h"
#include "update.h"

static struct group *group_of(struct group *groups, size_t *count, grasp_str label)
{
    for (size_t i = 0; i < *count; i++) {
        if (slice_eq(groups[i].label, label))
            return &groups[i];
    }
    groups[*count].label = label;
    return &groups[(*count)++];
}

grasp_str group_label(const struct entry *entry)
{
    return entry->label.len ? entry->label : SLICE("unlabeled");
}

static bool has_labels(const struct update *u)
{
    for (size_t i = 0; i < u->count; i++) {
        if (u->entries[i].label.len)
            return true;
    }
    return u->labels_given;
}

static bool passed(const struct entry *entry)
{
    return entry->available && entry->correct;
}

/* Without labels: one group, in the order of the batch. */
static size_t group_all(struct update *u, struct group *group)
{
    group->entries = pool_array(u->pool, u->count, sizeof(*group->entries));
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        if (entry_failed(entry) || passed(entry))
            group->entries[group->count++] = entry;
        group->failing += entry_failed(entry);
    }
    return 1;
}

/* Larger groups first; equal ones stay in their order. */
static void sort_groups(struct group *groups, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct group moved = groups[i];
        size_t at = i;
        for (; at > 0 && groups[at - 1].failing < moved.failing; at--)
            groups[at] = groups[at - 1];
        groups[at] = moved;
    }
}

void group_failures(struct update *u)
{
    struct group *groups = pool_array(u->pool, u->count + 1, sizeof(*groups));
    size_t count = 0;
    u->groups = groups;
    if (!has_labels(u)) {
        u->group_count = group_all(u, groups);
        return;
    }
    for (size_t i = 0; i < u->count; i++) {
        const struct entry *entry = &u->entries[i];
        if (!entry_failed(entry))
            continue;
        struct group *group = group_of(groups, &count, group_label(entry));
        if (!group->entries)
            group->entries = pool_array(u->pool, u->count, sizeof(*group->entries));
        group->entries[group->count++] = entry;
        group->failing++;
    }
    if (count == 0) {
        u->group_count = group_all(u, groups);
        return;
    }
    sort_groups(groups, count);
    for (size_t g = 0; g < count; g++) {
        for (size_t i = 0; i < u->count; i++) {
            if (passed(&u->entries[i]))
                groups[g].entries[groups[g].count++] = &u->entries[i];
        }
    }
    u->group_count = count;
}
