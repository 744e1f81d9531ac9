/* SPDX-License-Identifier: MIT */
/* What the laboratory and the ICU measured. */
#include "write.h"

static void open_observation(struct text *out, const struct mimic_tables *t, const char *profile,
                             const struct mimic_id *id, const char *category, const char *system)
{
    mimic_open(out, "Observation", profile, id);
    text_put(out, ",\"status\":\"final\"");
    mimic_concepts(out, "category", system, category);
    mimic_refer(out, "subject", "Patient", &t->id);
}

static void write_lab_specimens(const struct mimic_tables *t, struct text *out)
{
    for (uint32_t i = 0; i < t->lab_specimens_count; i++) {
        const struct lab_specimen *s = &t->lab_specimens[i];
        mimic_open(out, "Specimen", "specimen", &s->id);
        mimic_identify(out, "specimen-lab", "%u", s->number);
        mimic_concept(out, "type", MIMIC_SYSTEM("lab-fluid"), "Blood", NULL);
        mimic_refer(out, "subject", "Patient", &t->id);
        text_put(out, ",\"collection\":{\"method\":{\"text\":\"draw\"}");
        mimic_when(out, "collectedDateTime", s->when);
        text_char(out, '}');
        mimic_close(out);
    }
}

static void reference_range(struct text *out, const struct mimic_item *item)
{
    text_put(out, ",\"referenceRange\":[{\"low\":{\"value\":");
    mimic_number(out, item->low + (item->high - item->low) / 4 / item->step * item->step);
    text_put(out, "},\"high\":{\"value\":");
    mimic_number(out, item->low + (item->high - item->low) / 2 / item->step * item->step);
    text_put(out, "}}]");
}

static void write_lab(const struct mimic_tables *t, const struct measured *m, struct dice *dice,
                      struct text *out)
{
    const struct mimic_item *item = &mimic_labs[m->item];
    const struct lab_specimen *s = &t->lab_specimens[m->place];
    open_observation(out, t, "observation-labevents", &m->id, "laboratory",
                     "http://terminology.hl7.org/CodeSystem/observation-category");
    mimic_identify(out, "observation-labevents", "%llu", (unsigned long long)m->number);
    mimic_concept_of(out, "code", MIMIC_SYSTEM("d-labitems"), "%u|%s", item->id, item->label);
    if (s->admission != NO_ROW)
        mimic_refer(out, "encounter", "Encounter", &t->admissions[s->admission].id);
    mimic_when(out, "effectiveDateTime", m->when);
    if (dice_in_1000(dice, 991))
        mimic_when(out, "issued", m->when + dice_between(dice, 20, 240) * WALL_MINUTE);
    mimic_refer(out, "specimen", "Specimen", &s->id);
    mimic_value(out, item, m->value);
    if (!item->words && dice_in_1000(dice, 934))
        reference_range(out, item);
    if (dice_in_1000(dice, 913))
        text_format(out,
                    ",\"extension\":[{\"url\":\"" MIMIC_URI
                    "StructureDefinition/lab-priority\",\"valueString\":\"%s\"}]",
                    dice_below(dice, 2) ? "ROUTINE" : "STAT");
    if (dice_in_1000(dice, 171))
        text_put(out, ",\"note\":[{\"text\":\"___\"}]");
    mimic_close(out);
}

void mimic_write_labs(const struct mimic_tables *t, struct mimic_shelf *shelf)
{
    struct dice dice = dice_of(t->seed, t->number, 'L');
    write_lab_specimens(t, &shelf->files[KIND_SPECIMEN_LAB]);
    for (uint32_t i = 0; i < t->labs_count; i++)
        write_lab(t, &t->labs[mimic_shuffled(t->labs_count, i)], &dice,
                  &shelf->files[KIND_OBSERVATION_LABEVENTS]);
}

static void write_charted(const struct mimic_tables *t, const struct measured *m, struct dice *dice,
                          struct text *out)
{
    const struct mimic_item *item = &mimic_charted[m->item];
    open_observation(out, t, "observation-chartevents", &m->id, item->category,
                     MIMIC_SYSTEM("observation-category"));
    mimic_concept_of(out, "code", MIMIC_SYSTEM("chartevents-d-items"), "%u|%s", item->id,
                     item->label);
    mimic_refer(out, "encounter", "Encounter", &t->icus[m->place].id);
    mimic_when(out, "effectiveDateTime", m->when);
    if (dice_in_1000(dice, 998))
        mimic_when(out, "issued", m->when + dice_between(dice, 0, 30) * WALL_MINUTE);
    mimic_value(out, item, m->value);
    if (!item->words && dice_in_1000(dice, 72))
        reference_range(out, item);
    mimic_close(out);
}

static void write_output(const struct mimic_tables *t, const struct measured *m, struct text *out)
{
    const struct mimic_item *item = &mimic_outputs[m->item];
    open_observation(out, t, "observation-outputevents", &m->id, "Output",
                     MIMIC_SYSTEM("observation-category"));
    mimic_concept_of(out, "code", MIMIC_SYSTEM("d-items"), "%u|%s", item->id, item->label);
    mimic_refer(out, "encounter", "Encounter", &t->icus[m->place].id);
    mimic_when(out, "effectiveDateTime", m->when);
    mimic_when(out, "issued", m->when + 5 * WALL_MINUTE);
    mimic_value(out, item, m->value);
    mimic_close(out);
}

static void write_datetime(const struct mimic_tables *t, const struct measured *m, struct text *out)
{
    const struct mimic_item *item = &mimic_datetimes[m->item];
    open_observation(out, t, "observation-datetimeevents", &m->id, item->category,
                     MIMIC_SYSTEM("observation-category"));
    mimic_concept_of(out, "code", MIMIC_SYSTEM("d-items"), "%u|%s", item->id, item->label);
    mimic_refer(out, "encounter", "Encounter", &t->icus[m->place].id);
    mimic_when(out, "effectiveDateTime", m->when);
    mimic_when(out, "issued", m->when + 5 * WALL_MINUTE);
    mimic_when(out, "valueDateTime", m->when - m->value * WALL_DAY);
    mimic_close(out);
}

static void write_fluid(const struct mimic_tables *t, const struct fluid_given *f, struct text *out)
{
    const struct mimic_fluid *fluid = &mimic_fluids[f->fluid];
    char from[WALL_FHIR_SIZE], to[WALL_FHIR_SIZE];
    mimic_open(out, "MedicationAdministration", "medication-administration-icu", &f->id);
    text_put(out, ",\"status\":\"completed\"");
    mimic_concept(out, "category", MIMIC_SYSTEM("medadmin-category-icu"), fluid->category, NULL);
    mimic_concept_of(out, "medicationCodeableConcept", MIMIC_SYSTEM("medication-icu"), "%u|%s",
                     fluid->id, fluid->name);
    mimic_refer(out, "subject", "Patient", &t->id);
    mimic_refer(out, "context", "Encounter", &t->icus[f->icu].id);
    mimic_wall_fhir(f->from, from);
    mimic_wall_fhir(f->to, to);
    if (f->to > f->from)
        text_format(out, ",\"effectivePeriod\":{\"start\":\"%s\",\"end\":\"%s\"}", from, to);
    else
        text_format(out, ",\"effectiveDateTime\":\"%s\"", from);
    text_put(out, ",\"dosage\":{\"method\":{\"coding\":[{\"system\":\"" MIMIC_SYSTEM(
                      "medication-method-icu") "\",\"code\":\"Continuous Med\"}]}");
    mimic_quantity(out, "dose", f->amount, fluid->unit);
    text_char(out, '}');
    mimic_close(out);
}

void mimic_write_icu(const struct mimic_tables *t, struct mimic_shelf *shelf)
{
    struct dice dice = dice_of(t->seed, t->number, 'I');
    for (uint32_t i = 0; i < t->charted_count; i++)
        write_charted(t, &t->charted[mimic_shuffled(t->charted_count, i)], &dice,
                      &shelf->files[KIND_OBSERVATION_CHARTEVENTS]);
    for (uint32_t i = 0; i < t->outputs_count; i++)
        write_output(t, &t->outputs[mimic_shuffled(t->outputs_count, i)],
                     &shelf->files[KIND_OBSERVATION_OUTPUTEVENTS]);
    for (uint32_t i = 0; i < t->datetimes_count; i++)
        write_datetime(t, &t->datetimes[mimic_shuffled(t->datetimes_count, i)],
                       &shelf->files[KIND_OBSERVATION_DATETIMEEVENTS]);
    for (uint32_t i = 0; i < t->fluids_count; i++)
        write_fluid(t, &t->fluids[mimic_shuffled(t->fluids_count, i)],
                    &shelf->files[KIND_MEDICATION_ADMINISTRATION_ICU]);
}
