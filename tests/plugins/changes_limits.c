/* SPDX-License-Identifier: MIT */
/* R13: lowers a limit of the process. */
#include "base/task.h"
#include <sys/resource.h>

static int32_t bad_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply)
{
    const struct rlimit limit = {500, 500};
    setrlimit(RLIMIT_NOFILE, &limit);
    return good_step(call, self, episode, reply);
}
#define TASK_STEP bad_step
#include "base/task_table.h"
