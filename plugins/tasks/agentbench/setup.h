/* SPDX-License-Identifier: MIT */
/* What every task reads as it is opened: its options and its texts. */
#pragma once

#include "common/prompts.h"
#include "common/value.h"

/* The options as an object that lives as long as the call. */
int32_t setup_options(grasp_call *call, grasp_str text, const grasp_json_value **out);
/* Prompt files into the members of `texts`, copied; those whose names end in .json are checked to
 * be JSON. folder: empty for the built-in ones alone. */
int32_t setup_texts(grasp_call *call, struct pool *pool, grasp_str folder,
                    const struct prompt_file *files, void *texts);
