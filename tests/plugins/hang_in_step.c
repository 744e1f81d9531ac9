/* SPDX-License-Identifier: MIT */
/* R16: does not return from step. */
#include "base/task.h"

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    volatile int forever = 1;
    while (forever)
        continue;
    return good_step(call, self, episode, reply);
}
#define TASK_STEP bad_step
#include "base/task_table.h"
