/* SPDX-License-Identifier: MIT */
/* R5: emits text that is not UTF-8. */
#include "base/task.h"

static int32_t bad_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    int32_t status = good_begin(call, self, sample, seed, out);
    return status ? status : grasp_say(call, "user", grasp_cstr("caf\xe9"));
}
#define TASK_BEGIN bad_begin
#include "base/task_table.h"
