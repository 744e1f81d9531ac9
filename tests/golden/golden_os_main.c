/* SPDX-License-Identifier: MIT */
#include "golden_agentbench_os.h"

int main(int argc, char **argv)
{
    struct golden g;
    int status = golden_open(&g, argc, argv);
    if (status)
        return status;
    golden_os_sections(&g);
    return golden_finish(&g);
}
