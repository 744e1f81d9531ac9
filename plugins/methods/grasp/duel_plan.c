/* SPDX-License-Identifier: MIT */
#include "duel_plan.h"

void duel_remember(struct duel_record *record, bool solved, uint32_t version, uint32_t label)
{
    record->last = solved ? DUEL_PASSED : DUEL_MISSED;
    record->passed = record->passed || solved;
    record->version = version;
    record->streak = solved ? 0 : record->streak + 1;
    if (!solved && label)
        record->label = label;
}

/* Positions with that last outcome, in random order. */
static size_t shuffled(const struct duel_record *records, size_t count, enum duel_last last,
                       const bool *same, duel_below_fn below, void *arg, uint32_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (records[i].last == last && !(same && same[i]))
            out[n++] = (uint32_t)i;
    }
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)below(arg, i);
        uint32_t swap = out[i - 1];
        out[i - 1] = out[j];
        out[j] = swap;
    }
    return n;
}

static bool is_own(const struct duel_record *record, const struct duel_subject *subject)
{
    return subject->label && record->label == subject->label;
}

static bool is_trigger(const struct duel_subject *subject, size_t at)
{
    return subject->trigger && subject->trigger[at];
}

/* Are all failures of its own kind those that it was written from? */
static bool has_only_triggers(const struct duel_record *records, const uint32_t *order, size_t n,
                              const struct duel_subject *subject)
{
    for (size_t i = 0; i < n; i++) {
        if (is_own(&records[order[i]], subject) && !is_trigger(subject, order[i]))
            return false;
    }
    return true;
}

/* Lower comes first; the keys of a failing sample in one number. */
static uint64_t key_of(const struct duel_record *record, size_t at, uint32_t version,
                       const struct duel_subject *subject, bool triggers_too)
{
    bool carried = subject->carried && subject->carried[at], own = is_own(record, subject);
    bool late = is_trigger(subject, at) && !(own && triggers_too);
    return (uint64_t)!carried << 35 | (uint64_t)late << 34 | (uint64_t)!own << 33 |
           (uint64_t)(record->version != version) << 32 | (UINT32_MAX - record->streak);
}

static enum duel_stratum stratum_of(const struct duel_record *record, size_t at,
                                    const struct duel_subject *subject)
{
    if (subject->carried && subject->carried[at])
        return DUEL_CARRIED;
    return is_own(record, subject) ? DUEL_SAME_LABEL : DUEL_OTHER_LABEL;
}

/* Stable: equals stay in the order of the shuffle. */
static void sort_failing(const struct duel_record *records, uint32_t *order, size_t n,
                         uint32_t version, const struct duel_subject *subject)
{
    bool triggers_too = has_only_triggers(records, order, n, subject);
    for (size_t i = 1; i < n; i++) {
        uint32_t at = order[i];
        uint64_t key = key_of(&records[at], at, version, subject, triggers_too);
        size_t to = i;
        for (; to &&
               key_of(&records[order[to - 1]], order[to - 1], version, subject, triggers_too) > key;
             to--)
            order[to] = order[to - 1];
        order[to] = at;
    }
}

size_t duel_plan_failing(const struct duel_record *records, size_t count, uint32_t version,
                         const struct duel_subject *subject, duel_below_fn below, void *arg,
                         uint32_t *order, struct duel_target *out)
{
    size_t n = shuffled(records, count, DUEL_MISSED, subject->same, below, arg, order);
    sort_failing(records, order, n, version, subject);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct duel_target){order[i], stratum_of(&records[order[i]], order[i], subject)};
    return n;
}

size_t duel_plan_passing(const struct duel_record *records, size_t count, uint32_t version,
                         const bool *same, duel_below_fn below, void *arg, uint32_t *out)
{
    size_t n = shuffled(records, count, DUEL_PASSED, same, below, arg, out);
    for (size_t i = 1; i < n; i++) {
        uint32_t at = out[i];
        size_t to = records[at].version == version ? i : 0;
        for (; to && records[out[to - 1]].version != version; to--)
            out[to] = out[to - 1];
        if (records[at].version == version)
            out[to] = at;
    }
    return n;
}

size_t duel_plan_lost(const struct duel_record *records, size_t count, duel_below_fn below,
                      void *arg, uint32_t *order, struct duel_target *out)
{
    size_t n = shuffled(records, count, DUEL_MISSED, NULL, below, arg, order), lost = 0;
    for (size_t i = 0; i < n; i++) {
        if (records[order[i]].passed)
            out[lost++] = (struct duel_target){order[i], DUEL_OTHER_LABEL};
    }
    return lost;
}
