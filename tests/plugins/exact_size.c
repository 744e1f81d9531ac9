/* SPDX-License-Identifier: MIT */
/* R3: wants a host of exactly the version it was built with. */
#include "base/task.h"

static int32_t bad_open(grasp_call *call, grasp_str config, void **out_self)
{
    if (call->host->size != sizeof(grasp_host))
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "another host");
    return good_open(call, config, out_self);
}
#define TASK_OPEN bad_open
#include "base/task_table.h"
