/* SPDX-License-Identifier: MIT */
/* R7: frees what the host gave. */
#include "base/task.h"

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    int32_t status = good_step(call, self, episode, reply);
    free((void *)((uintptr_t)reply->text.ptr & ~(uintptr_t)15));
    return status;
}
#define TASK_STEP bad_step
#include "base/task_table.h"
