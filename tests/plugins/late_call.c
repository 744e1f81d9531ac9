/* SPDX-License-Identifier: MIT */
/* R11: uses the call of open in begin. */
#include "base/task.h"

static grasp_call *kept;

static int32_t bad_open(grasp_call *call, grasp_str config, void **out_self)
{
    kept = call;
    return good_open(call, config, out_self);
}

static int32_t bad_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    grasp_log(kept, GRASP_LOG_INFO, "begin");
    return good_begin(call, self, sample, seed, out);
}
#define TASK_OPEN bad_open
#define TASK_BEGIN bad_begin
#include "base/task_table.h"
