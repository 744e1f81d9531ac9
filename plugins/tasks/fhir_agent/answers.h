/* SPDX-License-Identifier: MIT */
/* Answers of a FHIR server kept in a folder, by the key that the reference gives a tool call. What
 * failed is never kept. Several processes may use one folder. */
#pragma once

#include <stdbool.h>

#include "keys.h"

/* The folder of one server and mode below `folder`, made if it is not there; "" if it cannot be.
 * The text is in the pool. */
struct pool;
grasp_str answers_folder(struct pool *pool, grasp_str folder, grasp_str base, bool lenient);
/* The array kept under a key; false if there is none. One that is damaged is removed. */
bool answers_find(grasp_call *call, grasp_str folder, const char key[MD5_HEX], struct text *out);
/* That it cannot be written is no fault: it is fetched again. */
void answers_keep(grasp_str folder, const char key[MD5_HEX], grasp_str array);
