/* SPDX-License-Identifier: MIT */
#pragma once

#include <grasp/grasp.h>

#include "cohort.h"

/* Adds the patients of a JSON file:
 *   {"patients": [{"mrn": "S1234567", "family": "Doe", "given": "Jane", "birthDate":
 *     "1960-02-29", "gender": "female", "readings": [[2.1, 5], [1.8, 30.5]]}, ...]}
 * A reading is a level in mg/dL, with one decimal, and its age in hours. */
int32_t patients_file_read(grasp_call *call, const grasp_json *json, const char *path,
                           struct cohort *cohort);
