/* SPDX-License-Identifier: MIT */
/* R14: the samples are other ones each time. */
#include "base/task.h"

static int32_t bad_samples(grasp_call *call, void *self, grasp_str split)
{
    static int count;
    if (grasp_equal(split, "dev"))
        return sample_at(call, 100 + count++);
    return good_samples(call, self, split);
}
#define TASK_SAMPLES bad_samples
#include "base/task_table.h"
