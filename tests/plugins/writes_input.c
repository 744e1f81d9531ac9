/* SPDX-License-Identifier: MIT */
/* R6: writes into what it was given. */
#include "base/task.h"

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    if (reply->text.len)
        ((char *)reply->text.ptr)[0] = '_';
    return good_step(call, self, episode, reply);
}
#define TASK_STEP bad_step
#include "base/task_table.h"
