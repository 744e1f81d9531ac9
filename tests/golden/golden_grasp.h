/* SPDX-License-Identifier: MIT */
/* Sections of grasp_golden.json, by the part of the program that they are about. */
#pragma once

#include "golden_common.h"

void golden_text_sections(struct golden *g);    /* names, replies, words */
void golden_skill_sections(struct golden *g);   /* skill files, ranking, insertion */
void golden_library_sections(struct golden *g); /* operations, checks of proposals */
void golden_probe_sections(struct golden *g);   /* draws, groups, effects */
void golden_update_sections(struct golden *g);  /* the gate, the writer's prompts */
void golden_host_sections(struct golden *g);    /* configuration, run directory, checkpoint */
void golden_backend_sections(struct golden *g); /* presets and the blocks of a configuration */
/* Says for each section that none of the above is about why it is left out; one that is not known
 * fails. */
void golden_grasp_others(struct golden *g);
