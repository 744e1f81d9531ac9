/* SPDX-License-Identifier: MIT */
/* JSON values with the semantics that Python gives them, which is what decides verdicts. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

/* The value at a path of member names and positions, as in "coding.0.code"; NULL if there is
 * none. */
const grasp_json_value *py_at(const grasp_json *json, const grasp_json_value *value,
                              const char *path);
/* Does the object have the member? *out is its value, NULL for null. */
bool py_member(const grasp_json *json, const grasp_json_value *object, const char *name,
               const grasp_json_value **out);
/* Is it a string, and this one? */
bool py_is(const grasp_json *json, const grasp_json_value *value, const char *text);
bool py_is_object(const grasp_json *json, const grasp_json_value *value);
bool py_is_null(const grasp_json *json, const grasp_json_value *value);
/* Whole and other numbers, and booleans as 1 and 0. */
bool py_number(const grasp_json *json, const grasp_json_value *value, double *out);
/* ==: numbers by value, true is 1, objects without order. */
bool py_equal(const grasp_json *json, const grasp_json_value *a, const grasp_json_value *b);
/* Is `token` (no blank, quote or punctuation in it) part of a member name or scalar anywhere in the
 * value? fold: in any case. */
bool py_mentions(const grasp_json *json, const grasp_json_value *value, const char *token,
                 bool fold);
/* The same in a text. */
bool text_mentions(grasp_str text, const char *token, bool fold);

/* Reads JSON as Python does: NaN and Infinity are read too (here as null, which no rule tells from
 * them). *out is NULL for null. False for what is not JSON. */
bool py_parse(grasp_call *call, const grasp_json *json, grasp_str text,
              const grasp_json_value **out);
