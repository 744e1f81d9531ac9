/* SPDX-License-Identifier: MIT */
/* R7: emits a message where there is no place for one. */
#include "base/task.h"

static int32_t bad_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                         grasp_str judge)
{
    grasp_say(call, "user", grasp_cstr("graded"));
    return good_grade(call, self, sample, rollout, judge);
}
#define TASK_GRADE bad_grade
#include "base/task_table.h"
