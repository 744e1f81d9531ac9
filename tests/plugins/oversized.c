/* SPDX-License-Identifier: MIT */
/* R20: gives out more than may be. */
#include "base/task.h"

static int32_t bad_step(grasp_call *call, void *self, void *opaque, const grasp_reply *reply)
{
    struct episode *episode = opaque;
    if (episode->turns++)
        return good_step(call, self, opaque, reply);
    return grasp_say(call, "user", grasp_format(call, "You said: %s", reply->text.ptr));
}
#define TASK_STEP bad_step
#include "base/task_table.h"
