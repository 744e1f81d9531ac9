/* SPDX-License-Identifier: MIT */
/* The texts of prompts/: built in, and replaceable by files of the same name. */
#pragma once

#include <grasp/abi.h>

/* *out_text: the text of `name` without the line end at its end, from the folder if it is there,
 * else the built-in one; lives until the call returns. folder: empty for none. */
int32_t prompt_get(grasp_call *call, grasp_str folder, const char *name, grasp_str *out_text);
