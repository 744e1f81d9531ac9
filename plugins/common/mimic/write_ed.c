/* SPDX-License-Identifier: MIT */
/* What the emergency department recorded. No question is about it, but a search meets it. */
#include <string.h>

#include "write.h"

struct ed_writer {
    const struct mimic_tables *t;
    const struct ed_stay *ed;
    struct dice *dice;
    uint32_t written;          /* resources of the stay, for their ids */
    struct mimic_id procedure; /* the last one that was written */
};

static struct text *open_ed(struct ed_writer *w, struct mimic_shelf *shelf, enum mimic_kind kind,
                            const char *type, const char *name, const char *profile)
{
    struct text *out = &shelf->files[kind];
    struct mimic_id id = mimic_id_of(name, "%u-%u", w->ed->stay, ++w->written);
    mimic_open(out, type, profile, &id);
    mimic_refer(out, "subject", "Patient", &w->t->id);
    if (kind == KIND_PROCEDURE_ED)
        w->procedure = id;
    return out;
}

static void write_stay(const struct ed_writer *w, struct text *out)
{
    const struct ed_stay *ed = w->ed;
    const struct mimic_id hospital = mimic_uuid("Organization", "1");
    char start[WALL_FHIR_SIZE], end[WALL_FHIR_SIZE];
    mimic_wall_fhir(ed->in, start);
    mimic_wall_fhir(ed->out, end);
    mimic_open(out, "Encounter", "encounter-ed", &ed->id);
    mimic_identify(out, "encounter-ed", "%u", ed->stay);
    text_format(out,
                ",\"class\":{\"system\":\"http://terminology.hl7.org/CodeSystem/v3-ActCode\","
                "\"code\":\"EMER\",\"display\":\"emergency\"},\"status\":\"finished\","
                "\"period\":{\"start\":\"%s\",\"end\":\"%s\"}",
                start, end);
    mimic_concepts(out, "type", "http://snomed.info/sct", "308335008");
    mimic_refer(out, "subject", "Patient", &w->t->id);
    text_put(out, ",\"hospitalization\":{\"admitSource\":{\"coding\":[{\"system\":\"" MIMIC_SYSTEM(
                      "admit-source") "\",\"code\":\"WALK IN\"}]}}");
    mimic_refer(out, "serviceProvider", "Organization", &hospital);
    if (ed->admission != NO_ROW)
        mimic_refer(out, "partOf", "Encounter", &w->t->admissions[ed->admission].id);
    mimic_close(out);
}

static void write_vitals(struct ed_writer *w, struct mimic_shelf *shelf, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        bool vital = i * 7 % 10 < 7;
        struct text *out = vital ? open_ed(w, shelf, KIND_OBSERVATION_VITAL_SIGNS_ED, "Observation",
                                           "ObservationVitalSignsED", "observation-vital-signs-ed")
                                 : open_ed(w, shelf, KIND_OBSERVATION_ED, "Observation",
                                           "ObservationED", "observation-ed");
        text_put(out, ",\"status\":\"final\"");
        mimic_concepts(out, "category",
                       "http://terminology.hl7.org/CodeSystem/observation-category",
                       vital ? "vital-signs" : "survey");
        mimic_refer(out, "encounter", "Encounter", &w->ed->id);
        mimic_when(out, "effectiveDateTime",
                   mimic_spread(w->dice, w->ed->in, w->ed->out, count, i));
        mimic_refer_list(out, "partOf", "Procedure", &w->procedure);
        if (i % 10 == 3 || i % 10 == 9) { /* both are vital signs */
            mimic_concept(out, "code", "http://loinc.org", "85354-9", "Blood pressure panel");
            text_format(
                out,
                ",\"component\":[{\"code\":{\"coding\":[{\"system\":\"http://loinc.org\","
                "\"code\":\"8480-6\"}]},\"valueQuantity\":{\"value\":%u,\"unit\":\"mmHg\"}}]",
                90 + dice_below(w->dice, 80));
        } else {
            mimic_concept(out, "code", "http://loinc.org", vital ? "8867-4" : "72514-3",
                          vital ? "Heart rate" : "Pain severity");
            mimic_quantity(out, "valueQuantity",
                           (int32_t)(dice_below(w->dice, vital ? 90 : 10) + (vital ? 50 : 0)) * 100,
                           vital ? "/min" : "{score}");
        }
        mimic_close(out);
    }
}

static void write_ed_codes(struct ed_writer *w, struct mimic_shelf *shelf)
{
    uint32_t count = mimic_how_many(w->t, w->dice, 3, 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct mimic_coded *c = &mimic_diagnoses[dice_below(w->dice, MIMIC_DIAGNOSES)];
        struct text *out =
            open_ed(w, shelf, KIND_CONDITION_ED, "Condition", "ConditionED", "condition-ed");
        mimic_concepts(out, "category", "http://terminology.hl7.org/CodeSystem/condition-category",
                       "encounter-diagnosis");
        mimic_concept(out, "code",
                      c->version == 9 ? MIMIC_SYSTEM("diagnosis-icd9")
                                      : MIMIC_SYSTEM("diagnosis-icd10"),
                      c->code, c->name);
        mimic_refer(out, "encounter", "Encounter", &w->ed->id);
        mimic_close(out);
    }
    count = mimic_how_many(w->t, w->dice, 6, 1);
    for (uint32_t i = 0; i < count; i++) {
        struct text *out =
            open_ed(w, shelf, KIND_PROCEDURE_ED, "Procedure", "ProcedureED", "procedure-ed");
        mimic_concept(out, "code", "http://snomed.info/sct", "410188000",
                      "Taking patient vital signs assessment");
        text_put(out, ",\"status\":\"completed\"");
        mimic_refer(out, "encounter", "Encounter", &w->ed->id);
        mimic_when(out, "performedDateTime",
                   mimic_spread(w->dice, w->ed->in, w->ed->out, count, i));
        mimic_close(out);
    }
}

static void write_ed_drugs(struct ed_writer *w, struct mimic_shelf *shelf)
{
    uint32_t count = mimic_how_many(w->t, w->dice, 16, 2);
    for (uint32_t i = 0; i < count; i++) {
        bool taken = i * 11 % 16 < 11; /* at home */
        const struct mimic_drug *drug = &mimic_drugs[dice_below(w->dice, MIMIC_DRUGS)];
        struct text *out =
            taken ? open_ed(w, shelf, KIND_MEDICATION_STATEMENT_ED, "MedicationStatement",
                            "MedicationStatementED", "medication-statement-ed")
                  : open_ed(w, shelf, KIND_MEDICATION_DISPENSE_ED, "MedicationDispense",
                            "MedicationDispenseED", "medication-dispense-ed");
        text_format(out, ",\"status\":\"%s\"", taken ? "unknown" : "completed");
        mimic_concept(out, "medicationCodeableConcept", MIMIC_SYSTEM("medication-name"), drug->name,
                      NULL);
        mimic_refer(out, "context", "Encounter", &w->ed->id);
        mimic_when(out, taken ? "dateAsserted" : "whenHandedOver", w->ed->in + WALL_HOUR);
        mimic_close(out);
    }
}

void mimic_write_ed(const struct mimic_tables *t, struct mimic_shelf *shelf)
{
    struct dice dice = dice_of(t->seed, t->number, 'e');
    for (uint32_t i = 0; i < t->eds_count; i++) {
        struct ed_writer w = {.t = t, .ed = &t->eds[i], .dice = &dice};
        write_stay(&w, &shelf->files[KIND_ENCOUNTER_ED]);
        write_ed_codes(&w, shelf);
        write_vitals(&w, shelf, mimic_how_many(t, &dice, 41, 5));
        write_ed_drugs(&w, shelf);
    }
}
