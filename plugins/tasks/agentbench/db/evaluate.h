/* SPDX-License-Identifier: MIT */
/* The reference's second scorer, for results that do not say whether they are correct: those of
 * other programs, which may be graded again here. */
#pragma once

#include <grasp/ext/json.h>
#include <stdbool.h>

/* truth: the sample's "answer", type: its type, result: an object with "answer" and, in some,
 * "reported_answer". */
bool evaluate_result(grasp_call *call, const grasp_json_value *truth, grasp_str type,
                     const grasp_json_value *result);
