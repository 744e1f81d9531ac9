/* SPDX-License-Identifier: MIT */
/* What of a long conversation the model still sees. The host does the work; the task says in its
 * info how long "long" is. */
#pragma once

#include <grasp/grasp.h>

#include "common/text.h"

/* In pieces of words, numbers and signs, as AgentBench counts them. */
#define WINDOW_SEGMENTS 3500

/* Appends the member "history" of the info object. notice: what stands in for what is left out,
 * with
 * {{count}}. reference: results of tools may stay behind without their calls. */
void window_write(struct text *out, grasp_str notice, int reference);
