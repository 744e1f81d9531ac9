/* SPDX-License-Identifier: MIT */
/* R19: takes every descriptor there is in its first episode, so that none are added later. */
#include "base/task.h"
#include <fcntl.h>

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    while (open("/dev/null", O_RDONLY) >= 0)
        continue;
    return good_step(call, self, episode, reply);
}
#define TASK_STEP bad_step
#include "base/task_table.h"
