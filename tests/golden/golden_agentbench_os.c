/* SPDX-License-Identifier: MIT */
#include "golden_agentbench_os.h"

void golden_os_sections(struct golden *g)
{
    golden_os_text_sections(g);
    golden_os_check_sections(g);
    golden_os_dialogue_section(g);
    golden_os_data_sections(g);
}
