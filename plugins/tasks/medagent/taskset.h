/* SPDX-License-Identifier: MIT */
/* The samples and splits of an instance, and the patients they are about. */
#pragma once

#include "common/cohort/roster.h"
#include "medagent.h"

/* From the files in self->data, in the layout of the benchmark. Adds the patients they name to the
 * roster. *out_functions: the parsed funcs_v1.json. */
int32_t taskset_read(grasp_call *call, struct medagent *self, struct cohort_roster *roster,
                     const grasp_json_value **out_functions);
/* Our own, about patients of the roster, which it fills. */
int32_t taskset_invent(grasp_call *call, struct medagent *self, struct cohort_roster *roster);

/* Puts a sample's object into `out`, checked and completed with what the host wants to know. place:
 * what to call it in errors. */
int32_t taskset_add(grasp_call *call, struct medagent *self, grasp_json_value *object,
                    const char *place, struct task_sample *out);
/* The task of a sample, for the roster. */
struct cohort_task taskset_task(const struct sample *sample);
