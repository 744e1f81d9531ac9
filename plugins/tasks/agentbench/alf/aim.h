/* SPDX-License-Identifier: MIT */
/* What a task's sentence asks for. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

enum aim_kind { AIM_PUT, AIM_CLEAN, AIM_HEAT, AIM_COOL, AIM_LOOK, AIM_TWO };

struct aim {
    enum aim_kind kind;
    grasp_str object; /* "mug" */
    grasp_str target; /* the receptacle, or the lamp */
};

/* From a text with "Your task is to: ...". False: no sentence of a known form. */
bool aim_read(grasp_str text, struct aim *out);
/* "mug 1" is of the class "mug". */
bool aim_is(grasp_str name, grasp_str class);
/* "clean", "heat", "cool"; NULL for the others. */
const char *aim_treatment(enum aim_kind kind);
