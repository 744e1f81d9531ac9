/* SPDX-License-Identifier: MIT */
/*
 * "grasp.json/1", offered by the host: reading and building JSON without a library. Values live
 * until the call returns. Reading is strict (RFC 8259: no NaN, no comments, no single quotes, at
 * most 512 levels); of duplicate keys the last one counts. All functions take NULL for a value
 * and then answer as for null. [the running call]
 */
#ifndef GRASP_EXT_JSON_H
#define GRASP_EXT_JSON_H

#include <grasp/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRASP_EXT_JSON "grasp.json/1"

#define GRASP_JSON_NULL 0
#define GRASP_JSON_BOOL 1
#define GRASP_JSON_INT 2
#define GRASP_JSON_DOUBLE 3
#define GRASP_JSON_STRING 4
#define GRASP_JSON_ARRAY 5
#define GRASP_JSON_OBJECT 6

typedef struct grasp_json_value grasp_json_value;

typedef struct grasp_json {
    uint32_t size;
    uint32_t reserved;

    /* NULL for text that is not JSON, without fail(); *out_error then says why and where. */
    grasp_json_value *(*parse)(grasp_call *call, grasp_str text, grasp_str *out_error);

    int32_t (*kind)(const grasp_json_value *value);
    int32_t (*as_bool)(const grasp_json_value *value, int32_t otherwise);
    int64_t (*as_int)(const grasp_json_value *value, int64_t otherwise);
    double (*as_double)(const grasp_json_value *value, double otherwise);
    grasp_str (*as_string)(const grasp_json_value *value); /* empty for anything else */

    uint64_t (*count)(const grasp_json_value *value); /* elements or members, 0 for others */
    grasp_json_value *(*at)(const grasp_json_value *array, uint64_t index);
    grasp_json_value *(*get)(const grasp_json_value *object, grasp_str key);
    /* The member at a position, in the order of the text. */
    grasp_json_value *(*member)(const grasp_json_value *object, uint64_t index, grasp_str *out_key);

    grasp_json_value *(*new_object)(grasp_call *call);
    grasp_json_value *(*new_array)(grasp_call *call);
    grasp_json_value *(*new_string)(grasp_call *call, grasp_str text);
    grasp_json_value *(*new_int)(grasp_call *call, int64_t number);
    grasp_json_value *(*new_double)(grasp_call *call, double number);
    grasp_json_value *(*new_bool)(grasp_call *call, int32_t flag);

    /* Put a value into another; NULL puts null. A value that is already in one is copied. */
    void (*set)(grasp_call *call, grasp_json_value *object, grasp_str key, grasp_json_value *value);
    void (*append)(grasp_call *call, grasp_json_value *array, grasp_json_value *value);

    /* The text of a value; indent: 0 for one line, else two
     * spaces a level. NUL-terminated. */
    grasp_str (*print)(grasp_call *call, const grasp_json_value *value, uint32_t indent);
} grasp_json;

#ifdef __cplusplus
}
#endif

#endif
