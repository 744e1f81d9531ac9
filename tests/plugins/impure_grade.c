/* SPDX-License-Identifier: MIT */
/* R14: the verdict depends on how often it was asked for. */
#include "base/task.h"

static int32_t bad_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                         grasp_str judge)
{
    static int count;
    long sum;
    int32_t status = sum_of(call, sample, &sum);
    (void)self, (void)rollout, (void)judge;
    return status ? status : grasp_judge(call, count++ % 3 == 0, "[\"wrong_sum\"]");
}
#define TASK_GRADE bad_grade
#include "base/task_table.h"
