/* SPDX-License-Identifier: MIT */
/* How the generated questions are answered with the agent's tools: what a rehearsal model plays. */
#pragma once

#include <stdbool.h>

#include "common/pool.h"

enum mimic_step_kind {
    MIMIC_BY_PATIENT, /* get_resources_by_patient_fhir_id: type, and the question's patient */
    MIMIC_BY_ID,      /* get_resources_by_resource_id: type, and the id that the code step before it
                         left in `answer`, a string; it is '' when there is nothing to fetch */
    MIMIC_CODE,       /* execute_python_code */
};

struct mimic_step {
    enum mimic_step_kind kind;
    grasp_str type; /* resource type to fetch */
    grasp_str code; /* Python; needs what the tool gives (retrieved_resources, json, datetime) */
};

#define MIMIC_STEPS 6
#define MIMIC_GIVEN 6

/* What a question names: {"year", "2150"}. */
struct mimic_given {
    grasp_str name, value;
};

/* The last step is code. It leaves the rows of the answer in `answer`, as [[3]] or
 * [['a'], ['b']] or []: str() of it is the true answer's text, but for how NumPy writes numbers
 * ([[201.]]) and rows (a new line instead of a comma). */
struct mimic_recipe {
    const char *name;  /* of the question's template, as "icu_count" */
    grasp_str patient; /* FHIR id */
    grasp_str now;     /* the time that the question is asked at; empty where it does not matter */
    uint32_t given_count;
    struct mimic_given given[MIMIC_GIVEN];
    uint32_t count;
    struct mimic_step steps[MIMIC_STEPS];
};

/* What a model gets wrong on purpose; NULL or "" is none. */
#define MIMIC_SLIPS 6
struct mimic_slip {
    const char *name;
    const char *about; /* one sentence */
};
extern const struct mimic_slip mimic_slips[MIMIC_SLIPS];

/* The recipe for an agent's input (Question:, Context:, patient, assumption), in the pool; false if
 * the question is none of the generator's. With a slip the code is wrong in that way, and in those
 * questions where it matters so is the answer. */
bool mimic_recipe_for(grasp_str input, const char *slip, struct pool *pool,
                      struct mimic_recipe *out);
