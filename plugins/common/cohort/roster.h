/* SPDX-License-Identifier: MIT */
/* The patients of a set of tasks: invented ones, or those that a benchmark's own task files name.
 * Needs libc alone, as cohort.h. */
#pragma once

#include <stddef.h>

#include "common/cohort/cohort.h"

struct cohort_roster;

/* A task about a patient; texts need not end in NUL. */
struct cohort_text {
    const char *ptr;
    size_t len;
};
struct cohort_task {
    int32_t version; /* 1 or 2 */
    struct cohort_text id, mrn, instruction, context;
};

struct cohort_roster *cohort_roster_new(uint64_t seed);
void cohort_roster_free(struct cohort_roster *roster); /* NULL is fine */

/* Adds the patient of a task. Tasks of v1 type 1 give the patient's name and date of birth, those
 * of v2 types 3 and 4 the time at which they are asked. A task without an MRN adds no one. -1, with
 * the reason in error, for an MRN that is no id, or a type 1 instruction that has no name and date
 * where "name ... and ... YYYY-MM-DD" is looked for. */
int cohort_roster_add(struct cohort_roster *roster, const struct cohort_task *task,
                      char error[256]);
/* Adds invented patients with the numbers first to last. */
void cohort_roster_invent(struct cohort_roster *roster, uint32_t first, uint32_t last);

size_t cohort_roster_count(const struct cohort_roster *roster);
const struct cohort_patient *cohort_roster_at(const struct cohort_roster *roster, size_t index);
void cohort_roster_write(const struct cohort_roster *roster, FILE *out); /* NDJSON */

/* "name <given> <family> and ... <YYYY-MM-DD>": the names and the date in a text. 0 if they are not
 * there. */
int cohort_read_identity(struct cohort_text text, struct cohort_text *given,
                         struct cohort_text *family, struct cohort_text *birth_date);
