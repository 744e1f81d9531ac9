/* SPDX-License-Identifier: MIT */
/* R4: returns a status that abi.h does not have. */
#include "base/task.h"

static int32_t bad_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    if (!sample.len || !strstr(sample.ptr, "add_"))
        return grasp_fail(call, -22, "not a sample");
    return good_begin(call, self, sample, seed, out);
}
#define TASK_BEGIN bad_begin
#include "base/task_table.h"
