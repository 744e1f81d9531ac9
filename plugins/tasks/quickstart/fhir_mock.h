/* SPDX-License-Identifier: MIT */
/*
 * The FHIR server of the task, as far as a search goes. The resource is the last part of the
 * path, or one that is named somewhere in the URL; a read by id therefore gives all resources of
 * the type. Parameters that are known filter exactly, all others are ignored.
 */
#pragma once

#include "cohort.h"
#include "text.h"

#define FHIR_BASE "https://fhir.mock/"

/* At most so many resources are in one answer; its "total" still counts them all. */
#define FHIR_PAGE 500

/* Answers GET `url` with a searchset Bundle in one line, or returns false with the reason. */
bool fhir_search(const struct cohort *cohort, grasp_str url, struct text *out_bundle,
                 struct text *out_error);

/* The Bundle of a patient's magnesium readings; indent: level at which it is written over
 * several lines, or -1 for one line. */
void fhir_patient_bundle(const struct cohort *cohort, const struct patient *patient, int indent,
                         struct text *out);
