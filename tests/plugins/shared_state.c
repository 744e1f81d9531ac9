/* SPDX-License-Identifier: MIT */
/* R14: the state of an episode lies beside the episodes, and is not begun anew. */
#include "base/task.h"

static int turns;

static int32_t bad_step(grasp_call *call, void *self, void *opaque, const grasp_reply *reply)
{
    struct episode *episode = opaque;
    (void)self, (void)reply;
    if (++turns % 3)
        return grasp_say(call, "user", grasp_format(call, "Say it again: %ld.", episode->sum));
    return grasp_done(call, "completed", grasp_cstr("1"), "{}");
}
#define TASK_STEP bad_step
#include "base/task_table.h"
