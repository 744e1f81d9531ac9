/* SPDX-License-Identifier: MIT */
/* Values of the host's JSON as learners read them. A value that is missing or of another kind is
 * read as an empty one, so that what a model or a user wrote needs no check of its own. */
#pragma once

#include <grasp/ext/json.h>
#include <grasp/helpers.h>

#include "common/string_list.h"

/* NULL if there is none. */
static inline const grasp_json_value *member_of(const grasp_json *json,
                                                const grasp_json_value *object, const char *key)
{
    return json->get(object, grasp_cstr(key));
}
/* Of a string; empty for other kinds. Lives as long as the value. */
static inline grasp_str member_text(const grasp_json *json, const grasp_json_value *object,
                                    const char *key)
{
    return json->as_string(member_of(json, object, key));
}
/* Is there such a member, even one that is null? */
bool member_find(const grasp_json *json, const grasp_json_value *object, const char *key,
                 const grasp_json_value **out);
/* The text of a string, copied into the pool. */
grasp_str member_copy(const grasp_json *json, struct pool *pool, const grasp_json_value *object,
                      const char *key);

/* A string as it is, null as nothing, anything else as JSON. Lives until the call returns. */
grasp_str value_text(grasp_call *call, const grasp_json_value *value);
/* The elements of an array as such texts, copied; for NULL and other kinds none. */
struct strings value_strings(grasp_call *call, struct pool *pool, const grasp_json_value *list);
/* As Python's bool() sees it. */
bool value_is_true(const grasp_json *json, const grasp_json_value *value);
/* JSON text in Python's form with an indent of two. Lives until the call returns. */
grasp_str pretty_json(grasp_call *call, grasp_str text);
