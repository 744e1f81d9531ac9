/* SPDX-License-Identifier: MIT */
/* R15: a reply of an unknown kind is an error that stops the run. */
#include "base/task.h"

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    if (reply->kind > GRASP_REPLY_REFUSED)
        return grasp_fail(call, GRASP_E_FAILED, "impossible kind");
    return good_step(call, self, episode, reply);
}
#define TASK_STEP bad_step
#include "base/task_table.h"
