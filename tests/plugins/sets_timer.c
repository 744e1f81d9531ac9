/* SPDX-License-Identifier: MIT */
/* R13: sets the timer of the process, which ends it an hour later. */
#include "base/task.h"
#include <unistd.h>

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    alarm(3600);
    return good_step(call, self, episode, reply);
}
#define TASK_STEP bad_step
#include "base/task_table.h"
