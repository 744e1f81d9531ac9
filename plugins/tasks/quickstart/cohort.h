/* SPDX-License-Identifier: MIT */
/* Patients and their magnesium readings. Built once, then only read. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

#define MRN_SIZE 17

struct patient {
    char mrn[MRN_SIZE]; /* letters and digits */
    char birth_date[11];
    const char *family;
    const char *given;
    const char *gender;
    uint32_t first_reading;
    uint32_t reading_count;
};

/* A level in tenths of mg/dL, and how long before the clock of the task it was taken. */
struct reading {
    int32_t tenths;
    int32_t age_minutes;
};

struct cohort {
    struct patient *patients;
    struct reading *readings;
    uint32_t patient_count, patient_capacity;
    uint32_t reading_count, reading_capacity;
    uint32_t *slots; /* hash table of patient number + 1 */
    uint32_t mask;
    struct cohort_text *texts;
};

/* Adds a patient. The texts are borrowed, but for the MRN. NULL when memory runs out. */
struct patient *cohort_add_patient(struct cohort *cohort, const char *mrn);
/* Adds a reading to the patient that was added last. */
bool cohort_add_reading(struct cohort *cohort, struct reading reading);
/* A copy of a text that lives as long as the cohort; NULL when memory runs out. */
const char *cohort_keep(struct cohort *cohort, grasp_str text);
/* To be called once, after the last patient. *out_twice: an MRN that two patients have. */
bool cohort_index(struct cohort *cohort, const char **out_twice);
void cohort_clear(struct cohort *cohort);

const struct patient *cohort_find(const struct cohort *cohort, grasp_str mrn);
/* The newest reading that is at most so old; of several the first one. NULL if there is none. */
const struct reading *cohort_latest(const struct cohort *cohort, const struct patient *patient,
                                    int32_t window_minutes);

/* How a generated patient's readings lie in relation to a window. */
enum pattern { PATTERN_SINGLE, PATTERN_SEVERAL, PATTERN_STALE, PATTERN_NONE };

/* Adds the invented patient with this number; the same for the same seed and number. */
bool cohort_invent(struct cohort *cohort, uint64_t seed, uint32_t number, enum pattern pattern,
                   int32_t window_minutes);
