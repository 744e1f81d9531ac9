/* SPDX-License-Identifier: MIT */
/* Resources of a patient, each on a line in its kind's file. */
#pragma once

#include "common/text.h"
#include "mimic.h"
#include "tables.h"

enum mimic_kind {
    KIND_CONDITION,
    KIND_CONDITION_ED,
    KIND_ENCOUNTER,
    KIND_ENCOUNTER_ED,
    KIND_ENCOUNTER_ICU,
    KIND_LOCATION,
    KIND_MEDICATION,
    KIND_MEDICATION_ADMINISTRATION,
    KIND_MEDICATION_ADMINISTRATION_ICU,
    KIND_MEDICATION_DISPENSE,
    KIND_MEDICATION_DISPENSE_ED,
    KIND_MEDICATION_MIX,
    KIND_MEDICATION_REQUEST,
    KIND_MEDICATION_STATEMENT_ED,
    KIND_OBSERVATION_CHARTEVENTS,
    KIND_OBSERVATION_DATETIMEEVENTS,
    KIND_OBSERVATION_ED,
    KIND_OBSERVATION_LABEVENTS,
    KIND_OBSERVATION_MICRO_ORG,
    KIND_OBSERVATION_MICRO_SUSC,
    KIND_OBSERVATION_MICRO_TEST,
    KIND_OBSERVATION_OUTPUTEVENTS,
    KIND_OBSERVATION_VITAL_SIGNS_ED,
    KIND_ORGANIZATION,
    KIND_PATIENT,
    KIND_PROCEDURE,
    KIND_PROCEDURE_ED,
    KIND_PROCEDURE_ICU,
    KIND_SPECIMEN,
    KIND_SPECIMEN_LAB,
};

/* A piece of each file; a zeroed struct is empty. */
struct mimic_shelf {
    struct text files[MIMIC_KINDS];
};

#define MIMIC_URI "http://mimic.mit.edu/fhir/mimic/"
#define MIMIC_SYSTEM(name) MIMIC_URI "CodeSystem/mimic-" name

/* Everything that is about the patient. */
void mimic_write_patient(const struct mimic_tables *t, struct mimic_shelf *shelf);
/* What all patients share: care units and the hospital, and the drugs. */
void mimic_write_shared(struct mimic_shelf *shelf);
void mimic_write_drug_list(struct mimic_shelf *shelf);

/* The parts of it. */
void mimic_write_stays(const struct mimic_tables *t, struct mimic_shelf *shelf);
void mimic_write_ed(const struct mimic_tables *t, struct mimic_shelf *shelf);
void mimic_write_labs(const struct mimic_tables *t, struct mimic_shelf *shelf);
void mimic_write_icu(const struct mimic_tables *t, struct mimic_shelf *shelf);
void mimic_write_drugs(const struct mimic_tables *t, struct mimic_shelf *shelf);
void mimic_write_micro(const struct mimic_tables *t, struct mimic_shelf *shelf);

/* Ids of what all patients share. */
struct mimic_id mimic_unit_id(uint32_t unit);
struct mimic_id mimic_medication_id(const struct mimic_drug *drug);
struct mimic_id mimic_mix_id(const struct mimic_drug *drug);

/* Pieces of a resource: open, members (each begins with its comma), close. */
void mimic_open(struct text *out, const char *type, const char *profile, const struct mimic_id *id);
void mimic_close(struct text *out);
void mimic_refer(struct text *out, const char *name, const char *type, const struct mimic_id *id);
/* The same as the one item of an array. */
void mimic_refer_list(struct text *out, const char *name, const char *type,
                      const struct mimic_id *id);
void mimic_when(struct text *out, const char *name, int64_t wall);
/* A CodeableConcept with one coding; no display: NULL. */
void mimic_concept(struct text *out, const char *name, const char *system, const char *code,
                   const char *display);
__attribute__((format(printf, 4, 5))) void
mimic_concept_of(struct text *out, const char *name, const char *system, const char *format, ...);
/* The same as the one item of an array. */
void mimic_concepts(struct text *out, const char *name, const char *system, const char *code);
__attribute__((format(printf, 3, 4))) void mimic_identify(struct text *out, const char *system,
                                                          const char *format, ...);
/* Hundredths as a decimal number. */
void mimic_number(struct text *out, int32_t hundredths);
void mimic_quantity(struct text *out, const char *name, int32_t hundredths, const char *unit);
/* valueQuantity or valueString. */
void mimic_value(struct text *out, const struct mimic_item *item, int32_t value);
/* The i-th of `count` in an order that is not that of time. */
uint32_t mimic_shuffled(uint32_t count, uint32_t i);
