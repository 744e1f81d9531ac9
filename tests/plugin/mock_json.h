/* SPDX-License-Identifier: MIT */
/* "grasp.json/1" for the host of tests. */
#pragma once

#include <grasp/ext/json.h>

struct mock_json; /* the values of one call */

struct mock_json *mock_json_create(void);
void mock_json_destroy(struct mock_json *json); /* NULL is fine */
extern const grasp_json *const mock_json_table;

/* The values of a call; defined by the host. */
struct mock_json *mock_json_of(grasp_call *call);
