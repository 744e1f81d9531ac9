/* SPDX-License-Identifier: MIT */
/* golden_agentbench_web_alf FILE: recorded cases of AgentBench's WebShop and ALFWorld. */
#include "golden_agentbench_web_alf.h"

int main(int argc, char **argv)
{
    struct golden g;
    int status = golden_open(&g, argc, argv);
    if (status)
        return status;
    golden_alfworld_sections(&g);
    golden_webshop_text_sections(&g);
    golden_webshop_sections(&g);
    return golden_finish(&g);
}
