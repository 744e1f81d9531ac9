/* SPDX-License-Identifier: MIT */
#include "ask.h"

bool mimic_ask_vital_last(struct mimic_asking *a)
{
    const struct measured *last = NULL;
    uint32_t item = dice_below(&a->dice, MIMIC_VITALS);
    mimic_slot_text(a, "vital_name", mimic_charted[item].label);
    for (uint32_t i = 0; i < a->t->charted_count; i++)
        if (a->t->charted[i].place == 0 && a->t->charted[i].item == item)
            last = &a->t->charted[i];
    if (last) {
        mimic_answer_number(a, last->value);
        mimic_answer_id(a, "Observation", &last->id);
    }
    return true;
}

bool mimic_ask_vital_above(struct mimic_asking *a)
{
    char text[DECIMAL_SIZE];
    int64_t count = 0;
    uint32_t item = dice_below(&a->dice, MIMIC_VITALS);
    const struct mimic_item *vital = &mimic_charted[item];
    int32_t quarter = (vital->high - vital->low) / 4 / vital->step * vital->step;
    int32_t threshold = vital->low + quarter * (int32_t)(1 + dice_below(&a->dice, 3));
    mimic_decimal(threshold, text);
    mimic_slot_text(a, "vital_name", vital->label);
    mimic_slot_text(a, "threshold", text);
    for (uint32_t i = 0; i < a->t->charted_count; i++) {
        const struct measured *m = &a->t->charted[i];
        if (m->place + 1 != a->t->icus_count || m->item != item || m->value <= threshold)
            continue;
        count++;
        mimic_answer_id(a, "Observation", &m->id);
    }
    mimic_answer_count(a, count);
    return true;
}

bool mimic_ask_output_total(struct mimic_asking *a)
{
    char date[WALL_DATE_SIZE];
    int32_t sum = 0;
    if (!a->t->outputs_count)
        return false;
    const struct measured *one = &a->t->outputs[dice_below(&a->dice, a->t->outputs_count)];
    mimic_wall_date(one->when, date);
    mimic_slot_text(a, "output_name", mimic_outputs[one->item].label);
    mimic_slot_text(a, "date", date);
    for (uint32_t i = 0; i < a->t->outputs_count; i++) {
        const struct measured *m = &a->t->outputs[i];
        if (m->item != one->item || m->when / WALL_DAY != one->when / WALL_DAY)
            continue;
        sum += m->value;
        mimic_answer_id(a, "Observation", &m->id);
    }
    mimic_answer_number(a, sum);
    return true;
}

bool mimic_ask_input_first(struct mimic_asking *a)
{
    if (!a->t->fluids_count)
        return false;
    const struct fluid_given *first = NULL;
    uint32_t fluid = a->t->fluids[dice_below(&a->dice, a->t->fluids_count)].fluid;
    mimic_slot_text(a, "input_name", mimic_fluids[fluid].name);
    for (uint32_t i = 0; i < a->t->fluids_count; i++)
        if (a->t->fluids[i].fluid == fluid && (!first || a->t->fluids[i].from < first->from))
            first = &a->t->fluids[i];
    if (!first)
        return false;
    mimic_answer_time(a, first->from);
    mimic_answer_id(a, "MedicationAdministration", &first->id);
    return true;
}
