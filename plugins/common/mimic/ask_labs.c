/* SPDX-License-Identifier: MIT */
#include "ask.h"

/* A test with numbers, mostly one that the patient had. */
static uint32_t pick_lab(struct mimic_asking *a)
{
    uint32_t item = MIMIC_LABS;
    for (int tries = 0; tries < 20 && (item == MIMIC_LABS || mimic_labs[item].words); tries++)
        item = dice_in_1000(&a->dice, 920) ? a->t->labs[dice_below(&a->dice, a->t->labs_count)].item
                                           : dice_below(&a->dice, MIMIC_LABS);
    if (mimic_labs[item].words)
        item = 0;
    mimic_slot_text(a, "lab_name", mimic_labs[item].label);
    return item;
}

static bool is_asked(const struct mimic_asking *a, uint32_t row, uint32_t item, int64_t year)
{
    const struct measured *m = &a->t->labs[row];
    return m->item == item && (!year || mimic_wall_year(m->when) == year);
}

static int64_t pick_year(struct mimic_asking *a)
{
    const struct measured *m = &a->t->labs[dice_below(&a->dice, a->t->labs_count)];
    int64_t year = mimic_wall_year(m->when);
    mimic_slot_number(a, "year", year);
    return year;
}

static void answer_row(struct mimic_asking *a, const struct measured *m)
{
    if (!m)
        return;
    mimic_answer_number(a, m->value);
    mimic_answer_id(a, "Observation", &m->id);
}

/* The first or the last of a test; NULL if there was none. */
static const struct measured *end_of(const struct mimic_asking *a, uint32_t item, bool last)
{
    const struct measured *found = NULL;
    for (uint32_t i = 0; i < a->t->labs_count; i++)
        if (is_asked(a, i, item, 0) && (!found || last))
            found = &a->t->labs[i];
    return found;
}

bool mimic_ask_lab_last(struct mimic_asking *a)
{
    answer_row(a, end_of(a, pick_lab(a), true));
    return true;
}

bool mimic_ask_lab_first_of_stay(struct mimic_asking *a)
{
    const struct mimic_tables *t = a->t;
    uint32_t item = pick_lab(a);
    for (uint32_t i = 0; i < t->labs_count; i++) {
        const struct measured *m = &t->labs[i];
        if (!is_asked(a, i, item, 0) ||
            t->lab_specimens[m->place].admission != t->admissions_count - 1)
            continue;
        answer_row(a, m);
        return true;
    }
    return true;
}

bool mimic_ask_lab_change(struct mimic_asking *a)
{
    uint32_t item = pick_lab(a);
    const struct measured *first = end_of(a, item, false), *last = end_of(a, item, true);
    if (!first || first == last)
        return false;
    mimic_answer_number(a, last->value - first->value);
    mimic_answer_id(a, "Observation", &first->id);
    mimic_answer_id(a, "Observation", &last->id);
    return true;
}

bool mimic_ask_lab_peak(struct mimic_asking *a)
{
    uint32_t item = pick_lab(a);
    int64_t year = pick_year(a);
    const struct measured *peak = NULL;
    for (uint32_t i = 0; i < a->t->labs_count; i++) {
        const struct measured *m = &a->t->labs[i];
        if (!is_asked(a, i, item, year))
            continue;
        mimic_answer_id(a, "Observation", &m->id);
        if (!peak || m->value > peak->value)
            peak = m;
    }
    if (peak)
        mimic_answer_number(a, peak->value);
    return peak;
}

bool mimic_ask_lab_count(struct mimic_asking *a)
{
    uint32_t item = pick_lab(a), count = 0;
    int64_t year = pick_year(a);
    for (uint32_t i = 0; i < a->t->labs_count; i++) {
        if (!is_asked(a, i, item, year))
            continue;
        count++;
        mimic_answer_id(a, "Observation", &a->t->labs[i].id);
    }
    mimic_answer_count(a, count);
    return true;
}

bool mimic_ask_lab_days(struct mimic_asking *a)
{
    const struct measured *last = end_of(a, pick_lab(a), true);
    int64_t now = mimic_wall(a->t->anchor + 1, 1, 1) - WALL_MINUTE;
    if (!last)
        return false;
    mimic_answer_count(a, (now - last->when) / WALL_DAY);
    mimic_answer_id(a, "Observation", &last->id);
    return true;
}
