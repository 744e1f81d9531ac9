/* SPDX-License-Identifier: MIT */
/* R1: exports a second symbol. */
#include "base/task.h"
#include "base/task_table.h"

GRASP_EXPORT int helper_of_mine(void);
int helper_of_mine(void)
{
    return 1;
}
