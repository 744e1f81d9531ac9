/* SPDX-License-Identifier: MIT */
/* R13: takes a signal over. */
#include "base/task.h"
#include <signal.h>

static int32_t bad_open(grasp_call *call, grasp_str config, void **out_self)
{
    signal(SIGINT, SIG_IGN);
    return good_open(call, config, out_self);
}
#define TASK_OPEN bad_open
#include "base/task_table.h"
