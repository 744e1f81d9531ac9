/* SPDX-License-Identifier: MIT */
/* R10: a failed assertion takes the host with it. */
#include "base/task.h"
#undef NDEBUG
#include <assert.h>

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    assert(reply->text.len < 100000);
    return good_step(call, self, episode, reply);
}
#define TASK_STEP bad_step
#include "base/task_table.h"
