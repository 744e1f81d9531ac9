/* SPDX-License-Identifier: MIT */
/* What the agent is shown of what a terminal showed. */
#pragma once

#include <stdbool.h>

#include "common/text.h"

#define OUTPUT_MAX_CHARACTERS 800
#define OUTPUT_KEPT_CHARACTERS 780

/* Without prompts, colours, titles and bells. */
void shell_output_clean(struct text *out, grasp_str raw);
/* With the line ends of a file in place of those of a terminal. */
void shell_output_lines(struct text *out, grasp_str text);

/* The longest beginning of complete characters that is shown; *cut: there is more. */
grasp_str shell_output_shown(grasp_str text, bool *cut);
