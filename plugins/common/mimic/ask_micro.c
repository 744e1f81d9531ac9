/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "ask.h"

bool mimic_ask_organism_last(struct mimic_asking *a)
{
    const struct mimic_tables *t = a->t;
    const struct micro_test *last = &t->tests[dice_below(&a->dice, t->tests_count)];
    uint32_t specimen = last->specimen;
    mimic_slot_text(a, "spec_name", mimic_specimens[specimen].name);
    for (uint32_t i = 0; i < t->tests_count; i++)
        if (t->tests[i].specimen == specimen && t->tests[i].when > last->when)
            last = &t->tests[i];
    if (!last->organism_count)
        mimic_answer_id(a, "Observation", &last->id);
    bool second =
        last->organism_count == 2 && strcmp(mimic_organisms[last->organisms[0].organism].name,
                                            mimic_organisms[last->organisms[1].organism].name) > 0;
    for (uint32_t i = 0; i < last->organism_count; i++) {
        const struct organism_row *row = &last->organisms[second ? 1 - i : i];
        mimic_answer_text(a, mimic_organisms[row->organism].name);
        mimic_answer_id(a, "Observation", &row->id);
    }
    return true;
}

/* The first organism of this kind that was tested, or the one before `skip` of any kind. */
static const struct organism_row *tested(const struct mimic_tables *t, uint32_t organism,
                                         uint32_t skip)
{
    for (uint32_t i = 0; i < t->tests_count; i++)
        for (uint32_t k = 0; k < t->tests[i].organism_count; k++) {
            const struct organism_row *row = &t->tests[i].organisms[k];
            if (row->tested && (organism == NO_ROW || row->organism == organism) && skip-- == 0)
                return row;
        }
    return NULL;
}

bool mimic_ask_susceptibility(struct mimic_asking *a)
{
    uint32_t antibiotic = dice_below(&a->dice, MIMIC_ANTIBIOTICS);
    const struct organism_row *row = tested(a->t, NO_ROW, dice_below(&a->dice, 3));
    if (!row)
        row = tested(a->t, NO_ROW, 0);
    if (!row)
        return false;
    row = tested(a->t, row->organism, 0);
    const char letter[2] = {row->interpretation[antibiotic], 0};
    mimic_slot_text(a, "organism_name", mimic_organisms[row->organism].name);
    mimic_slot_text(a, "antibiotic_name", mimic_antibiotics[antibiotic].name);
    mimic_answer_text(a, letter);
    mimic_answer_id(a, "Observation", &row->susceptibility[antibiotic]);
    return true;
}

bool mimic_ask_specimen_last(struct mimic_asking *a)
{
    const struct micro_test *last = &a->t->tests[a->t->tests_count - 1];
    mimic_answer_text(a, mimic_specimens[last->specimen].name);
    mimic_answer_id(a, "Observation", &last->id);
    mimic_answer_id(a, "Specimen", &last->specimen_id);
    return true;
}
