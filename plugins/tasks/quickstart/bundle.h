/* SPDX-License-Identifier: MIT */
/* Writing a FHIR Bundle of search results, laid out as CPython's json module does. */
#pragma once

#include "cohort.h"
#include "text.h"

struct bundle {
    struct text *text;
    int level;      /* of indentation, -1: everything in one line */
    bool continued; /* something precedes on this level */
};

/* level: of the indentation, or -1. total: what the search found in all. */
struct bundle bundle_open(struct text *text, int level, uint64_t total);
void bundle_add_patient(struct bundle *bundle, const struct patient *patient);
void bundle_add_reading(struct bundle *bundle, const struct cohort *cohort,
                        const struct patient *patient, uint32_t number);
void bundle_close(struct bundle *bundle);
