/* SPDX-License-Identifier: MIT */
/* golden_medagent FILE: recorded cases of MedAgentBench, v1 and v2: verdicts, dialogues and what
 * they are made of. */
#include "golden_medagent.h"

int main(int argc, char **argv)
{
    struct golden g;
    int status = golden_open(&g, argc, argv);
    if (status)
        return status;
    golden_grade_section(&g);
    golden_dialogue_section(&g);
    golden_data_sections(&g);
    golden_text_sections(&g);
    return golden_finish(&g);
}
