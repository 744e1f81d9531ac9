/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "ask.h"

static const struct admission *last_admission(const struct mimic_tables *t)
{
    return &t->admissions[t->admissions_count - 1];
}

bool mimic_ask_sex(struct mimic_asking *a)
{
    mimic_answer_text(a, a->t->male ? "M" : "F");
    mimic_answer_id(a, "Patient", &a->t->id);
    return true;
}

bool mimic_ask_icu_count(struct mimic_asking *a)
{
    mimic_answer_count(a, a->t->icus_count);
    for (uint32_t i = 0; i < a->t->icus_count; i++)
        mimic_answer_id(a, "Encounter", &a->t->icus[i].id);
    return true;
}

bool mimic_ask_admissions_since(struct mimic_asking *a)
{
    const struct mimic_tables *t = a->t;
    int64_t year = t->anchor - dice_below(&a->dice, 3), count = 0;
    mimic_slot_number(a, "year", year);
    for (uint32_t i = 0; i < t->admissions_count; i++) {
        if (mimic_wall_year(t->admissions[i].in) < year)
            continue;
        count++;
        mimic_answer_id(a, "Encounter", &t->admissions[i].id);
    }
    mimic_answer_count(a, count);
    return true;
}

bool mimic_ask_icu_hours(struct mimic_asking *a)
{
    if (a->t->icus_count) {
        mimic_answer_count(a, (a->t->icus[0].out - a->t->icus[0].in) / WALL_HOUR);
        mimic_answer_id(a, "Encounter", &a->t->icus[0].id);
    }
    return true;
}

bool mimic_ask_unit_last(struct mimic_asking *a)
{
    const struct admission *last = last_admission(a->t);
    const char *name = mimic_units[last->units[last->unit_count - 1].unit];
    struct mimic_id id = mimic_uuid("Location", name);
    mimic_answer_text(a, name);
    mimic_answer_id(a, "Location", &id);
    return true;
}

bool mimic_ask_diagnosis_ever(struct mimic_asking *a)
{
    const struct mimic_tables *t = a->t;
    bool ever = false;
    uint32_t what = dice_below(&a->dice, 2)
                        ? t->diagnoses[dice_below(&a->dice, t->diagnoses_count)].what
                        : dice_below(&a->dice, MIMIC_DIAGNOSES);
    mimic_slot_text(a, "diagnosis_name", mimic_diagnoses[what].name);
    for (uint32_t i = 0; i < t->diagnoses_count; i++) {
        const struct coded_row *row = &t->diagnoses[i];
        if (strcmp(mimic_diagnoses[row->what].name, mimic_diagnoses[what].name) != 0)
            continue;
        ever = true;
        mimic_answer_id(a, "Condition", &row->id);
    }
    mimic_answer_count(a, ever);
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool mimic_ask_diagnosis_list(struct mimic_asking *a)
{
    const struct mimic_tables *t = a->t;
    const char *names[MIMIC_DIAGNOSES];
    size_t count = 0;
    for (uint32_t i = 0; i < t->diagnoses_count; i++) {
        const struct coded_row *row = &t->diagnoses[i];
        if (row->admission + 1 != t->admissions_count)
            continue;
        names[count++] = mimic_diagnoses[row->what].name;
        mimic_answer_id(a, "Condition", &row->id);
    }
    qsort(names, count, sizeof(*names), by_text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            mimic_answer_text(a, names[i]);
    return true;
}

bool mimic_ask_procedure_last(struct mimic_asking *a)
{
    const struct mimic_tables *t = a->t;
    const struct coded_row *last = NULL;
    uint32_t what = t->procedures[dice_below(&a->dice, t->procedures_count)].what;
    mimic_slot_text(a, "procedure_name", mimic_procedures[what].name);
    for (uint32_t i = 0; i < t->procedures_count; i++)
        if (t->procedures[i].what == what && (!last || t->procedures[i].when > last->when))
            last = &t->procedures[i];
    if (!last)
        return false;
    mimic_answer_time(a, last->when);
    mimic_answer_id(a, "Procedure", &last->id);
    return true;
}
