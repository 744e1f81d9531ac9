/* SPDX-License-Identifier: MIT */
/* The sections "os" of agentbench_os_db_golden.json. */
#pragma once

#include "golden_common.h"
#include "plugin/mock_host.h"

void golden_os_sections(struct golden *g);
void golden_os_text_sections(struct golden *g);    /* actions, output, scripts, problems */
void golden_os_check_sections(struct golden *g);   /* answers and what they are compared with */
void golden_os_dialogue_section(struct golden *g); /* scripted agents on scripted machines */
void golden_os_data_sections(struct golden *g);    /* the benchmark's own data */
