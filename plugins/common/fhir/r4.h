/* SPDX-License-Identifier: MIT */
/* What FHIR R4 says about its resource types and their search parameters (r4.txt, written by
 * tools/fhir_r4.py from the standard's definitions). Read once, then immutable. */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

enum r4_kind {
    R4_TOKEN,
    R4_STRING,
    R4_DATE,
    R4_REFERENCE,
    R4_QUANTITY,
    R4_NUMBER,
    R4_URI,
    R4_COMPOSITE,
    R4_SPECIAL,
};

/* One step of a path: a member, perhaps of any type (value[x]), perhaps only those elements in
 * which another member has a value. */
struct r4_step {
    grasp_str name;
    bool any_type;
    bool exists; /* its presence is the value: Patient.deceased */
    grasp_str where_member, where_value;
};

struct r4_path {
    const struct r4_step *steps;
    uint32_t count;
};

struct r4_param {
    grasp_str name;
    enum r4_kind kind;
    const struct r4_path *paths;
    uint32_t path_count;
    const grasp_str *targets; /* the types that a reference may lead to; none: any */
    uint32_t target_count;
};

struct r4_type {
    grasp_str name;
    const struct r4_param *params; /* in order of names */
    uint32_t param_count;
    const struct r4_param *patient; /* reference to a Patient, NULL if there is none */
    const struct r4_param *code;    /* token "code" */
    const struct r4_param *date;    /* the date that most searches name */
    const struct r4_param *names;   /* string "name" */
    grasp_str summary, mandatory;   /* top-level members, with commas between them */
};

#define R4_TYPES_MAX 160

const struct r4_type *r4_types(uint32_t *out_count); /* in order of names */
const struct r4_type *r4_type_find(grasp_str name);
uint32_t r4_type_index(const struct r4_type *type);
const struct r4_param *r4_param_find(const struct r4_type *type, grasp_str name);
const char *r4_kind_name(enum r4_kind kind);
/* Is the member one of a list of r4_type: of "effective*" any effectiveX is. */
bool r4_lists(grasp_str list, grasp_str member);
