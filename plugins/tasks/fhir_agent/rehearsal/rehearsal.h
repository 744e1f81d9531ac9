/* SPDX-License-Identifier: MIT */
/* The stand-in for a model: it answers the invented questions with the agent's tools, with
 * characteristic mistakes, and judges answers. */
#pragma once

#include <grasp/grasp.h>
#include <stdbool.h>

#include "../tags.h"

extern const grasp_rehearsal fhir_agent_rehearsal;

/* The mistakes that it may make. */
#define FLAW_COUNT 11
extern const enum tag rehearsal_flaws[FLAW_COUNT];

/* A judge's prompt with its question, truth and answer? Then *out_right is the verdict. */
bool rehearsal_judges(grasp_str prompt, bool *out_right);
