/* SPDX-License-Identifier: MIT */
/*
 * Reading a few members of JSON that is known to be well-formed (it comes from the host or from
 * this task) without building it. Values are slices of the text. Ill-formed text gives empty
 * slices, never a fault.
 */
#pragma once

#include <grasp/abi.h>
#include <stdbool.h>

/* Takes the next value off the front of *rest. */
bool scan_value(grasp_str *rest, grasp_str *out_value);
/* The value of a member of an object; empty if there is none. */
grasp_str scan_member(grasp_str object, const char *key);
/* The elements of an array, one by one: start with *rest being the whole array. */
bool scan_item(grasp_str *rest, grasp_str *out_value);
/* What is between the quotes of a string value, escapes and all; empty for anything else. */
grasp_str scan_inside(grasp_str value);
