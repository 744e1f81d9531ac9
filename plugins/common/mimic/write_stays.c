/* SPDX-License-Identifier: MIT */
/* Encounters, diagnoses, procedures, and what all patients share. */
#include <string.h>

#include "write.h"

struct mimic_id mimic_unit_id(uint32_t unit)
{
    return mimic_uuid("Location", mimic_units[unit]);
}

static void period(struct text *out, const char *name, int64_t from, int64_t to)
{
    char start[WALL_FHIR_SIZE], end[WALL_FHIR_SIZE];
    mimic_wall_fhir(from, start);
    mimic_wall_fhir(to, end);
    text_format(out, ",\"%s\":{\"start\":\"%s\",\"end\":\"%s\"}", name, start, end);
}

static void encounter_class(struct text *out, const char *code, const char *display)
{
    text_format(out,
                ",\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\","
                "\"code\":\"%s\",\"display\":\"%s\"},\"status\":\"finished\"",
                code, display);
    mimic_concepts(out, "type", "http://snomed.info/sct", "308335008");
}

static void locations(struct text *out, const struct unit_stay *units, uint32_t count)
{
    text_put(out, ",\"location\":[");
    for (uint32_t i = 0; i < count; i++) {
        struct mimic_id id = mimic_unit_id(units[i].unit);
        text_format(out, "%s{\"location\":{\"reference\":\"Location/%s\"}", i ? "," : "", id.text);
        period(out, "period", units[i].in, units[i].out);
        text_char(out, '}');
    }
    text_char(out, ']');
}

static void write_admission(const struct mimic_tables *t, const struct admission *a,
                            struct text *out)
{
    const struct mimic_id hospital = mimic_uuid("Organization", "1");
    mimic_open(out, "Encounter", "encounter", &a->id);
    mimic_identify(out, "encounter-hosp", "%u", a->hadm);
    encounter_class(out, a->emergency ? "EMER" : "IMP",
                    a->emergency ? "emergency" : "inpatient encounter");
    mimic_refer(out, "subject", "Patient", &t->id);
    period(out, "period", a->in, a->out);
    mimic_concept(out, "priority", "http://terminology.hl7.org/CodeSystem/v3-ActPriority",
                  a->emergency ? "EM" : "EL", NULL);
    mimic_concept(out, "serviceType", MIMIC_SYSTEM("services"), "MED", NULL);
    mimic_refer(out, "serviceProvider", "Organization", &hospital);
    text_put(out, ",\"hospitalization\":{\"admitSource\":{\"coding\":[{\"system\":\"" MIMIC_SYSTEM(
                      "admit-source") "\",\"code\":\"EMERGENCY ROOM\"}]}}");
    locations(out, a->units, a->unit_count);
    mimic_close(out);
}

static void write_icu_stay(const struct mimic_tables *t, const struct icu_stay *icu,
                           struct text *out)
{
    const struct unit_stay unit = {icu->unit, icu->in, icu->out};
    mimic_open(out, "Encounter", "encounter-icu", &icu->id);
    mimic_identify(out, "encounter-icu", "%u", icu->stay);
    encounter_class(out, "ACUTE", "inpatient acute");
    mimic_refer(out, "subject", "Patient", &t->id);
    period(out, "period", icu->in, icu->out);
    locations(out, &unit, 1);
    mimic_refer(out, "partOf", "Encounter", &t->admissions[icu->admission].id);
    mimic_close(out);
}

static void write_codes(const struct mimic_tables *t, struct mimic_shelf *shelf)
{
    struct text *out = &shelf->files[KIND_CONDITION];
    for (uint32_t i = 0; i < t->diagnoses_count; i++) {
        const struct coded_row *row = &t->diagnoses[i];
        const struct mimic_coded *c = &mimic_diagnoses[row->what];
        mimic_open(out, "Condition", "condition", &row->id);
        mimic_concepts(out, "category", "http://terminology.hl7.org/CodeSystem/condition-category",
                       "encounter-diagnosis");
        mimic_concept(out, "code",
                      c->version == 9 ? MIMIC_SYSTEM("diagnosis-icd9")
                                      : MIMIC_SYSTEM("diagnosis-icd10"),
                      c->code, c->name);
        mimic_refer(out, "subject", "Patient", &t->id);
        mimic_refer(out, "encounter", "Encounter", &t->admissions[row->admission].id);
        mimic_close(out);
    }
    out = &shelf->files[KIND_PROCEDURE];
    for (uint32_t i = 0; i < t->procedures_count; i++) {
        const struct coded_row *row = &t->procedures[i];
        const struct mimic_coded *c = &mimic_procedures[row->what];
        mimic_open(out, "Procedure", "procedure", &row->id);
        mimic_concept(out, "code",
                      c->version == 9 ? MIMIC_SYSTEM("procedure-icd9")
                                      : MIMIC_SYSTEM("procedure-icd10"),
                      c->code, c->name);
        text_put(out, ",\"status\":\"completed\"");
        mimic_refer(out, "subject", "Patient", &t->id);
        mimic_refer(out, "encounter", "Encounter", &t->admissions[row->admission].id);
        mimic_when(out, "performedDateTime", row->when);
        mimic_close(out);
    }
}

static void write_icu_procedures(const struct mimic_tables *t, struct text *out)
{
    for (uint32_t i = 0; i < t->icu_procedures_count; i++) {
        const struct icu_procedure *p = &t->icu_procedures[i];
        const struct mimic_named *what = &mimic_icu_procedures[p->what];
        struct mimic_id id =
            mimic_id_of("ProcedureICU", "%u-%u-%u", t->icus[p->icu].stay, i + 1, what->id);
        mimic_open(out, "Procedure", "procedure-icu", &id);
        mimic_concept(out, "category", MIMIC_SYSTEM("procedure-category"), "Procedures", NULL);
        mimic_concept_of(out, "code", MIMIC_SYSTEM("d-items"), "%u|%s", what->id, what->name);
        if (i % 4 == 0)
            mimic_concepts(out, "bodySite", MIMIC_SYSTEM("bodysite"), "Right Lower Arm");
        text_put(out, ",\"status\":\"completed\"");
        mimic_refer(out, "subject", "Patient", &t->id);
        mimic_refer(out, "encounter", "Encounter", &t->icus[p->icu].id);
        period(out, "performedPeriod", p->from, p->to);
        mimic_close(out);
    }
}

void mimic_write_stays(const struct mimic_tables *t, struct mimic_shelf *shelf)
{
    for (uint32_t i = 0; i < t->admissions_count; i++)
        write_admission(t, &t->admissions[mimic_shuffled(t->admissions_count, i)],
                        &shelf->files[KIND_ENCOUNTER]);
    for (uint32_t i = 0; i < t->icus_count; i++)
        write_icu_stay(t, &t->icus[mimic_shuffled(t->icus_count, i)],
                       &shelf->files[KIND_ENCOUNTER_ICU]);
    write_codes(t, shelf);
    write_icu_procedures(t, &shelf->files[KIND_PROCEDURE_ICU]);
}

void mimic_write_shared(struct mimic_shelf *shelf)
{
    struct mimic_id hospital = mimic_uuid("Organization", "1");
    struct text *out = &shelf->files[KIND_ORGANIZATION];
    mimic_open(out, "Organization", "organization", &hospital);
    text_put(out, ",\"active\":true,\"name\":\"Invented Medical Center\"");
    mimic_close(out);
    out = &shelf->files[KIND_LOCATION];
    for (uint32_t i = 0; i < MIMIC_UNITS; i++) {
        struct mimic_id id = mimic_unit_id(i);
        mimic_open(out, "Location",
                   "http://hl7.org/fhir/us/core/StructureDefinition/us-core-location", &id);
        text_format(out, ",\"name\":\"%s\",\"status\":\"active\"", mimic_units[i]);
        mimic_concept(out, "physicalType",
                      "http://terminology.hl7.org/CodeSystem/location-physical-type", "wa", "Ward");
        mimic_refer(out, "managingOrganization", "Organization", &hospital);
        mimic_close(out);
    }
}
