/* SPDX-License-Identifier: MIT */
/* JSON as Python prints the value it reads from it, which is what an agent of the reference sees of
 * a server whose answers are exactly application/json. */
#pragma once

#include <grasp/ext/json.h>

#include "common/text.h"

void pyrepr(struct text *out, const grasp_json *json, const grasp_json_value *value);
