/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "ask.h"
#include "mimic.h"
#include "write.h"

static const char *const names[MIMIC_KINDS + 1] = {
    [KIND_CONDITION] = "MimicCondition.ndjson",
    [KIND_CONDITION_ED] = "MimicConditionED.ndjson",
    [KIND_ENCOUNTER] = "MimicEncounter.ndjson",
    [KIND_ENCOUNTER_ED] = "MimicEncounterED.ndjson",
    [KIND_ENCOUNTER_ICU] = "MimicEncounterICU.ndjson",
    [KIND_LOCATION] = "MimicLocation.ndjson",
    [KIND_MEDICATION] = "MimicMedication.ndjson",
    [KIND_MEDICATION_ADMINISTRATION] = "MimicMedicationAdministration.ndjson",
    [KIND_MEDICATION_ADMINISTRATION_ICU] = "MimicMedicationAdministrationICU.ndjson",
    [KIND_MEDICATION_DISPENSE] = "MimicMedicationDispense.ndjson",
    [KIND_MEDICATION_DISPENSE_ED] = "MimicMedicationDispenseED.ndjson",
    [KIND_MEDICATION_MIX] = "MimicMedicationMix.ndjson",
    [KIND_MEDICATION_REQUEST] = "MimicMedicationRequest.ndjson",
    [KIND_MEDICATION_STATEMENT_ED] = "MimicMedicationStatementED.ndjson",
    [KIND_OBSERVATION_CHARTEVENTS] = "MimicObservationChartevents.ndjson",
    [KIND_OBSERVATION_DATETIMEEVENTS] = "MimicObservationDatetimeevents.ndjson",
    [KIND_OBSERVATION_ED] = "MimicObservationED.ndjson",
    [KIND_OBSERVATION_LABEVENTS] = "MimicObservationLabevents.ndjson",
    [KIND_OBSERVATION_MICRO_ORG] = "MimicObservationMicroOrg.ndjson",
    [KIND_OBSERVATION_MICRO_SUSC] = "MimicObservationMicroSusc.ndjson",
    [KIND_OBSERVATION_MICRO_TEST] = "MimicObservationMicroTest.ndjson",
    [KIND_OBSERVATION_OUTPUTEVENTS] = "MimicObservationOutputevents.ndjson",
    [KIND_OBSERVATION_VITAL_SIGNS_ED] = "MimicObservationVitalSignsED.ndjson",
    [KIND_ORGANIZATION] = "MimicOrganization.ndjson",
    [KIND_PATIENT] = "MimicPatient.ndjson",
    [KIND_PROCEDURE] = "MimicProcedure.ndjson",
    [KIND_PROCEDURE_ED] = "MimicProcedureED.ndjson",
    [KIND_PROCEDURE_ICU] = "MimicProcedureICU.ndjson",
    [KIND_SPECIMEN] = "MimicSpecimen.ndjson",
    [KIND_SPECIMEN_LAB] = "MimicSpecimenLab.ndjson",
    [MIMIC_QUESTIONS] = "questions_answers_sql_fhir.csv",
};

const char *mimic_file_name(uint32_t file)
{
    return names[file];
}

/* Hands over what is on the shelf, and empties it. */
static int32_t clear_shelf(struct mimic_shelf *shelf, mimic_add *add, void *arg)
{
    int32_t status = 0;
    for (uint32_t i = 0; i < MIMIC_KINDS; i++) {
        if (!status && shelf->files[i].len)
            status = add(arg, i, shelf->files[i].ptr, shelf->files[i].len);
        text_reset(&shelf->files[i]);
    }
    return status;
}

int32_t mimic_generate(const struct mimic_options *options, mimic_add *add, void *arg)
{
    uint32_t patients = options->patients ? options->patients : MIMIC_PATIENTS;
    struct mimic_shelf *shelf = calloc(1, sizeof(*shelf));
    struct mimic_rows rows = {0};
    struct text csv = {.limit = SIZE_MAX / 2};
    if (!shelf)
        abort();
    mimic_write_shared(shelf);
    mimic_write_drug_list(shelf);
    int32_t status = clear_shelf(shelf, add, arg);
    for (uint32_t i = 0; i < patients && !status; i++) {
        struct mimic_tables tables;
        mimic_tables_make(&tables, options->seed, i,
                          options->density ? options->density : MIMIC_DENSITY);
        mimic_write_patient(&tables, shelf);
        mimic_ask(&tables, &rows);
        mimic_tables_free(&tables);
        status = clear_shelf(shelf, add, arg);
    }
    if (!status) {
        mimic_rows_write(&rows, &csv);
        status = add(arg, MIMIC_QUESTIONS, csv.ptr, csv.len);
    }
    for (uint32_t i = 0; i < MIMIC_KINDS; i++)
        text_free(&shelf->files[i]);
    free(shelf);
    text_free(&csv);
    mimic_rows_free(&rows);
    return status;
}

struct collected {
    struct text resources, questions;
};

static int32_t collect(void *arg, uint32_t file, const char *text, size_t len)
{
    struct collected *all = arg;
    struct text *out = file == MIMIC_QUESTIONS ? &all->questions : &all->resources;
    text_add(out, text, len);
    return out->failed ? -1 : 0;
}

int32_t mimic_build(const struct mimic_options *options, char **out_resources,
                    size_t *out_resources_len, char **out_questions, size_t *out_questions_len)
{
    struct collected all = {{.limit = SIZE_MAX / 2}, {.limit = SIZE_MAX / 2}};
    int32_t status = mimic_generate(options, collect, &all);
    text_char(&all.resources, 0);
    text_char(&all.questions, 0);
    if (status || all.resources.failed || all.questions.failed) {
        text_free(&all.resources);
        text_free(&all.questions);
        return -1;
    }
    *out_resources = all.resources.ptr;
    *out_resources_len = all.resources.len - 1;
    *out_questions = all.questions.ptr;
    *out_questions_len = all.questions.len - 1;
    return 0;
}
