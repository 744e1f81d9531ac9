/* SPDX-License-Identifier: MIT */
/* An agent that knows how to do all types of both tasks, but for one habit of its own per patient
 * and type. */
#pragma once

#include <grasp/ext/rehearsal.h>

#include "../sample.h"
#include "../tags.h"

extern const grasp_rehearsal medagent_rehearsal;

/* The mistakes that the agent can make at a type, by their tags. */
const enum tag *rehearsal_flaws(enum version version, int type, size_t *out_count);
