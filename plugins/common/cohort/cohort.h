/* SPDX-License-Identifier: MIT */
/*
 * Invented patients with charts that bring every rule of the MedAgentBench tasks to each of its
 * cases: values inside and outside the windows, none at all, values at every threshold, orders that
 * are missing, doubled or already there, doses that are due and not due. Besides, what a real chart
 * has and no task asks for: units that differ, dates that are incomplete or wrong, doubled and
 * unfinished entries.
 *
 * Everything follows from the seed, the patient and the patient's number. Needs libc alone, so that
 * the program and plugins may use it.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#define COHORT_V1_NOW INT64_C(1699870500) /* 2023-11-13T10:15:00Z, seconds since 1970 */
#define COHORT_V2_NOW INT64_C(1699397220) /* 2023-11-07T22:47:00Z */
#define COHORT_NAME_SIZE 64

/* Times are in seconds since 1970, UTC. */
struct cohort_patient {
    char mrn[COHORT_NAME_SIZE];
    char family[COHORT_NAME_SIZE];
    char given[COHORT_NAME_SIZE];
    char birth_date[11]; /* YYYY-MM-DD */
    int32_t male;
    int64_t heart_rate_now; /* when a question about the heart rate is asked */
    int64_t catheter_now;   /* the same about a urinary catheter */
    int32_t heart_rate_old; /* no heart rate of the last days */
};

/* The patient with this number, from 0; another one for every number below 3,000,000. */
void cohort_invent(uint64_t seed, uint32_t number, struct cohort_patient *out);

/* Writes the patient and the chart, one resource a line (NDJSON). The number decides which case of
 * each rule the chart is. Look at ferror(out) afterwards. */
void cohort_write(FILE *out, uint64_t seed, uint32_t number, const struct cohort_patient *patient);
