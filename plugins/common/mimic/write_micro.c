/* SPDX-License-Identifier: MIT */
/* Microbiology: a specimen, its test, what grew, and what that is resistant to. */
#include "write.h"

static void open_micro(struct text *out, const struct mimic_tables *t, const char *profile,
                       const struct mimic_id *id, int64_t when)
{
    mimic_open(out, "Observation", profile, id);
    text_put(out, ",\"status\":\"final\"");
    mimic_concepts(out, "category", "http://terminology.hl7.org/CodeSystem/observation-category",
                   "laboratory");
    mimic_refer(out, "subject", "Patient", &t->id);
    mimic_when(out, "effectiveDateTime", when);
}

static void members(struct text *out, const struct mimic_id *first, size_t stride, uint32_t count)
{
    text_put(out, ",\"hasMember\":[");
    for (uint32_t i = 0; i < count; i++) {
        const struct mimic_id *id =
            (const struct mimic_id *)(const void *)((const char *)first + i * stride);
        text_format(out, "%s{\"reference\":\"Observation/%s\"}", i ? "," : "", id->text);
    }
    text_char(out, ']');
}

static void derived_from(struct text *out, const struct mimic_id *id)
{
    mimic_refer_list(out, "derivedFrom", "Observation", id);
}

static void write_specimen(const struct mimic_tables *t, const struct micro_test *test,
                           struct text *out)
{
    const struct mimic_named *what = &mimic_specimens[test->specimen];
    mimic_open(out, "Specimen", "specimen", &test->specimen_id);
    mimic_identify(out, "specimen-micro", "%u", test->specimen_number);
    mimic_concept_of(out, "type", MIMIC_SYSTEM("spec-type-desc"), "%u|%s", what->id, what->name);
    mimic_refer(out, "subject", "Patient", &t->id);
    text_put(out, ",\"collection\":{\"method\":{\"text\":\"sampling\"}");
    mimic_when(out, "collectedDateTime", test->when);
    text_char(out, '}');
    mimic_close(out);
}

static void write_test(const struct mimic_tables *t, const struct micro_test *test, bool coded,
                       struct text *out)
{
    open_micro(out, t, "observation-micro-test", &test->id, test->when);
    mimic_concept_of(out, "code", MIMIC_SYSTEM("microbiology-test"), "%u|%s, Routine",
                     90200 + test->specimen, mimic_specimens[test->specimen].name);
    mimic_refer(out, "specimen", "Specimen", &test->specimen_id);
    if (test->admission != NO_ROW)
        mimic_refer(out, "encounter", "Encounter", &t->admissions[test->admission].id);
    if (test->organism_count)
        members(out, &test->organisms[0].id, sizeof(*test->organisms), test->organism_count);
    else if (coded)
        mimic_concept(out, "valueCodeableConcept", MIMIC_SYSTEM("microbiology-organism"), "90856",
                      "NEGATIVE");
    else
        text_put(out, ",\"valueString\":\"NO GROWTH.\"");
    mimic_close(out);
}

static void write_susceptibilities(const struct mimic_tables *t, const struct micro_test *test,
                                   const struct organism_row *row, struct dice *dice,
                                   struct text *out)
{
    for (uint32_t i = 0; i < MIMIC_ANTIBIOTICS; i++) {
        const char letter[2] = {row->interpretation[i], 0};
        open_micro(out, t, "observation-micro-susc", &row->susceptibility[i], test->when);
        mimic_identify(out, "observation-micro-susc", "%llu", (unsigned long long)row->event[i]);
        mimic_concept_of(out, "code", MIMIC_SYSTEM("microbiology-antibiotic"), "%u|%s",
                         mimic_antibiotics[i].id, mimic_antibiotics[i].name);
        derived_from(out, &row->id);
        mimic_concept(out, "valueCodeableConcept", MIMIC_SYSTEM("microbiology-interpretation"),
                      letter, NULL);
        if (dice_in_1000(dice, 963))
            text_put(out, ",\"extension\":[{\"url\":\"" MIMIC_URI
                          "StructureDefinition/dilution-details\",\"valueQuantity\":{\"value\":4,"
                          "\"comparator\":\"<=\"}}]");
        if (dice_in_1000(dice, 359))
            text_put(out, ",\"note\":[{\"text\":\"___\"}]");
        mimic_close(out);
    }
}

static void write_organism(const struct mimic_tables *t, const struct micro_test *test,
                           const struct organism_row *row, struct text *out)
{
    const struct mimic_named *what = &mimic_organisms[row->organism];
    open_micro(out, t, "observation-micro-org", &row->id, test->when);
    mimic_concept_of(out, "code", MIMIC_SYSTEM("microbiology-organism"), "%u|%s", what->id,
                     what->name);
    derived_from(out, &test->id);
    if (row->tested)
        members(out, row->susceptibility, sizeof(*row->susceptibility), MIMIC_ANTIBIOTICS);
    else
        text_put(out, ",\"valueString\":\"SPARSE GROWTH.\"");
    mimic_close(out);
}

void mimic_write_micro(const struct mimic_tables *t, struct mimic_shelf *shelf)
{
    struct dice dice = dice_of(t->seed, t->number, 'M');
    for (uint32_t i = 0; i < t->tests_count; i++) {
        const struct micro_test *test = &t->tests[mimic_shuffled(t->tests_count, i)];
        write_specimen(t, test, &shelf->files[KIND_SPECIMEN]);
        write_test(t, test, dice_in_1000(&dice, 89), &shelf->files[KIND_OBSERVATION_MICRO_TEST]);
        for (uint32_t k = 0; k < test->organism_count; k++) {
            const struct organism_row *row = &test->organisms[k];
            write_organism(t, test, row, &shelf->files[KIND_OBSERVATION_MICRO_ORG]);
            if (row->tested)
                write_susceptibilities(t, test, row, &dice,
                                       &shelf->files[KIND_OBSERVATION_MICRO_SUSC]);
        }
    }
}
