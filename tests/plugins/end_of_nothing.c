/* SPDX-License-Identifier: MIT */
/* R8: crashes when end follows a begin that failed. */
#include "base/task.h"

static void bad_end(grasp_call *call, void *self, void *episode)
{
    ((volatile struct episode *)episode)->turns = 0;
    good_end(call, self, episode);
}
#define TASK_END bad_end
#include "base/task_table.h"
