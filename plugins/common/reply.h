/* SPDX-License-Identifier: MIT */
/* Values in a writer's reply, found as the reference finds them; with `loose` also in prose, in
 * damaged JSON, and where it was cut off. */
#pragma once

#include "common/value.h"

/* From the first fence that holds an object, else from the first '{' to the last '}'. NULL if there
 * is none. */
grasp_json_value *object_in_reply(grasp_call *call, grasp_str reply, bool loose);
/* What stands in a fence with json, else in any fence, else the shortest list of objects; with
 * `loose` a single object with "skill" or "name" is given in a list. */
const grasp_json_value *list_in_reply(grasp_call *call, grasp_str reply, bool loose);
