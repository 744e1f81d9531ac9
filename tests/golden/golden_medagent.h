/* SPDX-License-Identifier: MIT */
/* Sections of medagent_golden.json, by what they are about. */
#pragma once

#include "golden_common.h"
#include "plugin/mock_host.h"

void golden_grade_section(struct golden *g);
void golden_dialogue_section(struct golden *g);
void golden_data_sections(struct golden *g); /* splits, first messages */
void golden_text_sections(struct golden *g); /* posts, clocks, coercion */
