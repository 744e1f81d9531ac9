/* SPDX-License-Identifier: MIT */
/* R13: changes the working folder. */
#include "base/task.h"
#include <unistd.h>

static int32_t bad_open(grasp_call *call, grasp_str config, void **out_self)
{
    if (chdir("/usr") != 0)
        abort();
    return good_open(call, config, out_self);
}
#define TASK_OPEN bad_open
#include "base/task_table.h"
