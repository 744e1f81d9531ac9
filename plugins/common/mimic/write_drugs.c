/* SPDX-License-Identifier: MIT */
/* Drugs: what there are, what was ordered, dispensed and given. */
#include "write.h"

struct mimic_id mimic_medication_id(const struct mimic_drug *drug)
{
    return mimic_id_of("MedicationPrescriptions", "%s--%s--%s", drug->name, drug->formulary,
                       drug->ndc);
}

struct mimic_id mimic_mix_id(const struct mimic_drug *drug)
{
    struct mimic_id main_id = mimic_medication_id(drug), base_id = mimic_medication_id(&mimic_base);
    return mimic_id_of("MedicationMix", "%s_%s", main_id.text, base_id.text);
}

static void write_medication(struct text *out, const struct mimic_drug *drug)
{
    struct mimic_id id = mimic_medication_id(drug);
    mimic_open(out, "Medication", "medication", &id);
    text_format(
        out,
        ",\"identifier\":[{\"value\":\"%s\",\"system\":\"" MIMIC_SYSTEM(
            "medication-ndc") "\"},"
                              "{\"value\":\"%s\",\"system\":\"" MIMIC_SYSTEM(
                                  "medication-formulary-drug-cd") "\"},"
                                                                  "{\"value\":\"%s\",\"system\":"
                                                                  "\"" MIMIC_SYSTEM(
                                                                      "medication-name") "\"}]",
        drug->ndc, drug->formulary, drug->name);
    mimic_concept(out, "code", MIMIC_SYSTEM("medication-ndc"), drug->ndc, NULL);
    text_put(out, ",\"status\":\"active\"");
    mimic_close(out);
}

static void write_mix(struct text *out, const struct mimic_drug *drug)
{
    struct mimic_id id = mimic_mix_id(drug), main_id = mimic_medication_id(drug);
    struct mimic_id base_id = mimic_medication_id(&mimic_base);
    mimic_open(out, "Medication", "medication", &id);
    text_format(
        out,
        ",\"identifier\":[{\"value\":\"%s_%s\",\"system\":\"" MIMIC_SYSTEM("medication-mix") "\"}]",
        main_id.text, base_id.text);
    text_format(out,
                ",\"ingredient\":[{\"itemReference\":{\"reference\":\"Medication/%s\"}},"
                "{\"itemReference\":{\"reference\":\"Medication/%s\"}}],\"status\":\"active\"",
                main_id.text, base_id.text);
    text_format(
        out,
        ",\"text\":{\"status\":\"generated\",\"div\":\"<div xmlns=\\\"http://www.w3.org/1999/"
        "xhtml\\\">%s in %s</div>\"}",
        drug->name, mimic_base.name);
    mimic_close(out);
}

static void refer_drug(struct text *out, const struct drug_order *o)
{
    const struct mimic_drug *drug = &mimic_drugs[o->drug];
    if (o->by_name) {
        mimic_concept(out, "medicationCodeableConcept", MIMIC_SYSTEM("medication-name"), drug->name,
                      NULL);
        return;
    }
    struct mimic_id id = o->mixed ? mimic_mix_id(drug) : mimic_medication_id(drug);
    mimic_refer(out, "medicationReference", "Medication", &id);
}

static void dosage(struct text *out, const struct drug_order *o)
{
    const struct mimic_drug *drug = &mimic_drugs[o->drug];
    char from[WALL_FHIR_SIZE], to[WALL_FHIR_SIZE];
    text_format(
        out,
        ",\"dosageInstruction\":[{\"route\":{\"coding\":[{\"system\":\"" MIMIC_SYSTEM(
            "medication-route") "\",\"code\":\"%s\"}]},"
                                "\"timing\":{\"code\":{\"coding\":[{\"system\":\"" MIMIC_SYSTEM(
                                    "medication-frequency") "\",\"code\":\"%s\"}]}},"
                                                            "\"doseAndRate\":[{\"doseQuantity\":{"
                                                            "\"value\":",
        drug->route, o->dose == 1 ? "DAILY" : "BID");
    mimic_number(out, mimic_dose(o));
    text_format(out,
                ",\"unit\":\"%s\",\"code\":\"%s\",\"system\":\"" MIMIC_SYSTEM("units") "\"}}]}]",
                drug->unit, drug->unit);
    mimic_wall_fhir(o->from, from);
    mimic_wall_fhir(o->to, to);
    if (o->number % 25) /* not quite all have it */
        text_format(out,
                    ",\"dispenseRequest\":{\"validityPeriod\":{\"start\":\"%s\",\"end\":\"%s\"}}",
                    from, to);
}

static void write_order(const struct mimic_tables *t, const struct drug_order *o, struct text *out)
{
    mimic_open(out, "MedicationRequest", "medication-request", &o->id);
    if (o->by_name)
        mimic_identify(out, "medication-request-poe", "%u-%llu", t->subject,
                       (unsigned long long)o->number);
    else
        mimic_identify(out, "medication-request-phid", "%llu", (unsigned long long)o->number);
    text_format(out, ",\"intent\":\"order\",\"status\":\"%s\"",
                o->number % 3 ? "completed" : "stopped");
    mimic_refer(out, "subject", "Patient", &t->id);
    mimic_refer(out, "encounter", "Encounter", &t->admissions[o->admission].id);
    mimic_when(out, "authoredOn", o->when);
    refer_drug(out, o);
    if (!o->by_name)
        dosage(out, o);
    mimic_close(out);
}

static void write_dispense(const struct mimic_tables *t, const struct drug_order *o,
                           struct text *out)
{
    struct mimic_id id = mimic_id_of("MedicationDispense", "%llu", (unsigned long long)o->number);
    mimic_open(out, "MedicationDispense", "medication-dispense", &id);
    mimic_identify(out, "medication-dispense", "%llu", (unsigned long long)o->number);
    text_put(out, ",\"status\":\"completed\"");
    mimic_refer(out, "subject", "Patient", &t->id);
    mimic_refer(out, "context", "Encounter", &t->admissions[o->admission].id);
    mimic_concept(out, "medicationCodeableConcept", MIMIC_SYSTEM("medication-name"),
                  mimic_drugs[o->drug].name, NULL);
    text_format(out, ",\"authorizingPrescription\":[{\"reference\":\"MedicationRequest/%s\"}]",
                o->id.text);
    mimic_close(out);
}

static void write_given(const struct mimic_tables *t, uint32_t i, struct dice *dice,
                        struct text *out)
{
    const struct drug_given *g = &t->given[i];
    const struct drug_order *o = &t->orders[g->order];
    struct mimic_id id = mimic_id_of("MedicationAdministration", "%u-%u", t->subject, i + 1);
    mimic_open(out, "MedicationAdministration", "medication-administration", &id);
    text_put(out, ",\"status\":\"completed\"");
    mimic_concept(out, "medicationCodeableConcept", MIMIC_SYSTEM("medication-name"),
                  mimic_drugs[o->drug].name, NULL);
    mimic_refer(out, "subject", "Patient", &t->id);
    if (dice_in_1000(dice, 971))
        mimic_refer(out, "context", "Encounter", &t->admissions[o->admission].id);
    if (dice_in_1000(dice, 969))
        mimic_refer(out, "request", "MedicationRequest", &o->id);
    mimic_when(out, "effectiveDateTime", g->when);
    if (dice_in_1000(dice, 900))
        text_put(out, ",\"dosage\":{\"text\":\"as ordered\"}");
    mimic_close(out);
}

void mimic_write_drugs(const struct mimic_tables *t, struct mimic_shelf *shelf)
{
    struct dice dice = dice_of(t->seed, t->number, 'D');
    for (uint32_t i = 0; i < t->orders_count; i++) {
        const struct drug_order *o = &t->orders[mimic_shuffled(t->orders_count, i)];
        write_order(t, o, &shelf->files[KIND_MEDICATION_REQUEST]);
        if (!o->by_name && dice_in_1000(&dice, 940))
            write_dispense(t, o, &shelf->files[KIND_MEDICATION_DISPENSE]);
    }
    for (uint32_t i = 0; i < t->given_count; i++)
        write_given(t, i, &dice, &shelf->files[KIND_MEDICATION_ADMINISTRATION]);
}

void mimic_write_drug_list(struct mimic_shelf *shelf)
{
    struct text *out = &shelf->files[KIND_MEDICATION];
    for (uint32_t i = 0; i < MIMIC_DRUGS - MIMIC_LONE_DRUGS; i++)
        write_medication(out, &mimic_drugs[i]);
    write_medication(out, &mimic_base);
    for (uint32_t i = 0; i < MIMIC_MIX_DRUGS; i++)
        write_mix(&shelf->files[KIND_MEDICATION_MIX], &mimic_drugs[i]);
}
