/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/cohort/roster.h"
#include "medagent.h"

/* Gets the patients' data ready: generated from the roster, read from self->fhir, or on a server,
 * and makes sure that everyone whom a sample is about is there. */
int32_t patients_open(grasp_call *call, struct medagent *self, const struct cohort_roster *roster);
