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

static int32_t write_resources(const struct mimic_tables *tables, struct mimic_shelf *shelf,
                               mimic_add *add, void *arg)
{
    mimic_write_patient(tables, shelf);
    return clear_shelf(shelf, add, arg);
}

static int32_t write_what_all_share(struct mimic_shelf *shelf, mimic_add *add, void *arg)
{
    mimic_write_shared(shelf);
    mimic_write_drug_list(shelf);
    return clear_shelf(shelf, add, arg);
}

/* Writes the resources, if there is a shelf for them, and asks the questions if there are rows. */
static int32_t each_patient(const struct mimic_options *options, struct mimic_shelf *shelf,
                            struct mimic_rows *rows, mimic_add *add, void *arg)
{
    uint32_t patients = options->patients ? options->patients : MIMIC_PATIENTS;
    uint32_t density = options->density ? options->density : MIMIC_DENSITY;
    int32_t status = shelf ? write_what_all_share(shelf, add, arg) : 0;
    for (uint32_t i = 0; i < patients && !status; i++) {
        struct mimic_tables tables;
        mimic_tables_make(&tables, options->seed, i, density);
        if (shelf)
            status = write_resources(&tables, shelf, add, arg);
        if (rows)
            mimic_ask(&tables, rows);
        mimic_tables_free(&tables);
    }
    return status;
}

static int32_t add_questions(struct mimic_rows *rows, mimic_add *add, void *arg)
{
    struct text csv = {.limit = SIZE_MAX / 2};
    mimic_rows_write(rows, &csv);
    int32_t status = add(arg, MIMIC_QUESTIONS, csv.ptr, csv.len);
    text_free(&csv);
    return status;
}

static int32_t generate(const struct mimic_options *options, bool resources, bool questions,
                        mimic_add *add, void *arg)
{
    struct mimic_shelf *shelf = resources ? calloc(1, sizeof(*shelf)) : NULL;
    struct mimic_rows rows = {0};
    if (resources && !shelf)
        abort();
    int32_t status = each_patient(options, shelf, questions ? &rows : NULL, add, arg);
    if (!status && questions)
        status = add_questions(&rows, add, arg);
    for (uint32_t i = 0; shelf && i < MIMIC_KINDS; i++)
        text_free(&shelf->files[i]);
    free(shelf);
    mimic_rows_free(&rows);
    return status;
}

int32_t mimic_generate(const struct mimic_options *options, mimic_add *add, void *arg)
{
    return generate(options, true, true, add, arg);
}

static int32_t collect(void *arg, uint32_t file, const char *text, size_t len)
{
    struct text *out = arg;
    (void)file;
    text_add(out, text, len);
    return out->failed ? -1 : 0;
}

static int32_t build(const struct mimic_options *options, bool resources, char **out,
                     size_t *out_len)
{
    struct text all = {.limit = SIZE_MAX / 2};
    int32_t status = generate(options, resources, !resources, collect, &all);
    text_char(&all, 0);
    if (status || all.failed) {
        text_free(&all);
        return -1;
    }
    *out = all.ptr;
    *out_len = all.len - 1;
    return 0;
}

int32_t mimic_build_resources(const struct mimic_options *options, char **out, size_t *out_len)
{
    return build(options, true, out, out_len);
}

int32_t mimic_build_questions(const struct mimic_options *options, char **out, size_t *out_len)
{
    return build(options, false, out, out_len);
}
