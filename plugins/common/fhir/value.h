/* SPDX-License-Identifier: MIT */
/* What a search sees of a resource: the values that a parameter's paths lead to, in the terms of
 * its kind. Visitors return true to stop; so does the visit then. */
#pragma once

#include "common/pool.h"
#include "instant.h"
#include "r4.h"

typedef bool value_visit(void *arg, grasp_str value);
/* Every value at the end of the parameter's paths; arrays are taken apart. */
bool value_each(const struct r4_param *param, grasp_str resource, value_visit *visit, void *arg);

struct value_token {
    grasp_str system; /* empty: none */
    grasp_str code;
    grasp_str text;  /* display or text */
    bool has_code;   /* CodeableConcept.text alone has none */
    bool any_system; /* a plain code, whose system its binding implies */
};
typedef bool value_token_visit(void *arg, const struct value_token *token);
bool value_tokens(const struct r4_param *param, grasp_str resource, struct pool *pool,
                  value_token_visit *visit, void *arg);

/* A HumanName or Address gives each of its parts. */
bool value_strings(const struct r4_param *param, grasp_str resource, struct pool *pool,
                   value_visit *visit, void *arg);

typedef bool value_range_visit(void *arg, struct instant_range range);
bool value_dates(const struct r4_param *param, grasp_str resource, value_range_visit *visit,
                 void *arg);

/* "Patient/1", "http://host/fhir/Patient/1", "urn:uuid:1" -> type (perhaps empty) and id; an URL
 * that does not end so has neither. */
struct value_reference {
    grasp_str text, type, id;
    grasp_str identifier; /* Reference.identifier, raw */
};
struct value_reference value_reference_read(grasp_str text);
typedef bool value_reference_visit(void *arg, const struct value_reference *reference);
bool value_references(const struct r4_param *param, grasp_str resource, struct pool *pool,
                      value_reference_visit *visit, void *arg);

struct value_quantity {
    double low, high; /* the same but for a Range */
    grasp_str system, code, unit;
};
typedef bool value_quantity_visit(void *arg, const struct value_quantity *quantity);
bool value_quantities(const struct r4_param *param, grasp_str resource, struct pool *pool,
                      value_quantity_visit *visit, void *arg);

/* A decimal number, whatever the locale. *out_digits: how many stand after the point. */
bool value_number(grasp_str text, double *out, int *out_digits);
/* Without case and accents, as strings are compared. */
grasp_str value_fold(grasp_str text, struct pool *pool);
