/* SPDX-License-Identifier: MIT */
/* R13: ends the process. */
#include "base/task.h"

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    if (reply->text.len > 100000)
        exit(0);
    return good_step(call, self, episode, reply);
}
#define TASK_STEP bad_step
#include "base/task_table.h"
