/* SPDX-License-Identifier: MIT */
/*
 * Invented patients in the shape of MIMIC-IV on FHIR (spec/fhir_agent.md 14): its files, profiles,
 * code and identifier systems, reference shapes and deterministic ids, with questions about them
 * and their true answers in the columns of FHIR-AgentBench's CSV.
 *
 * Everything follows from the options; the answers come from the tables that the resources are
 * written from. Needs libc alone, so that the program and plugins may use it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MIMIC_KINDS 30              /* files of resources */
#define MIMIC_QUESTIONS MIMIC_KINDS /* the number of the CSV */

#define MIMIC_SEED 1
#define MIMIC_PATIENTS 40
#define MIMIC_DENSITY 4
#define MIMIC_PATIENTS_MAX 100000
#define MIMIC_DENSITY_MAX 400

struct mimic_options {
    uint64_t seed;
    uint32_t patients; /* 1 to MIMIC_PATIENTS_MAX; 0: MIMIC_PATIENTS, enough questions for limits of
                          120, 80 and 80 */
    /* Events of a patient, in percent of the real demo's: 100 gives about 9,200 resources a
     * patient. 1 to MIMIC_DENSITY_MAX; 0: MIMIC_DENSITY. */
    uint32_t density;
};

/* "MimicPatient.ndjson" ..., "questions_answers_sql_fhir.csv"; file <= MIMIC_QUESTIONS. */
const char *mimic_file_name(uint32_t file);

/* Takes the next piece of a file: whole lines, at most a patient's. Other than 0 ends it. */
typedef int32_t mimic_add(void *arg, uint32_t file, const char *text, size_t len);

/* Writes all files, patient by patient, the questions last. 0, or what `add` returned. [shared] */
int32_t mimic_generate(const struct mimic_options *options, mimic_add *add, void *arg);

/* Parts of the same in memory: all resources as NDJSON, for fhir_open_text, and the CSV, which
 * takes a quarter of the time. Both end in NUL and are freed with free(). -1 when there is no
 * memory. [shared] */
int32_t mimic_build_resources(const struct mimic_options *options, char **out, size_t *out_len);
int32_t mimic_build_questions(const struct mimic_options *options, char **out, size_t *out_len);
