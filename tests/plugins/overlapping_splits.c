/* SPDX-License-Identifier: MIT */
/* R5: a sample is in two splits. */
#include "base/task.h"

static int32_t bad_samples(grasp_call *call, void *self, grasp_str split)
{
    int32_t status = good_samples(call, self, split);
    return !status && grasp_equal(split, "val") ? sample_at(call, 0) : status;
}
#define TASK_SAMPLES bad_samples
#include "base/task_table.h"
