/* SPDX-License-Identifier: MIT */
/* R13: closes standard input. */
#include "base/task.h"
#include <unistd.h>

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    close(STDIN_FILENO);
    return good_step(call, self, episode, reply);
}
#define TASK_STEP bad_step
#include "base/task_table.h"
