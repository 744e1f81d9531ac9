/* SPDX-License-Identifier: MIT */
/* R16: crashes in begin. */
#include "base/task.h"

static int32_t bad_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out)
{
    volatile int *volatile none = NULL;
    *none = 1;
    return good_begin(call, self, sample, seed, out);
}
#define TASK_BEGIN bad_begin
#include "base/task_table.h"
