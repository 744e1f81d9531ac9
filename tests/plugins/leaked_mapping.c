/* SPDX-License-Identifier: MIT */
/* R19: every episode leaves pages mapped, which malloc does not know of. */
#include "base/task.h"
#include <sys/mman.h>

static void bad_end(grasp_call *call, void *self, void *episode)
{
    if (episode)
        mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    good_end(call, self, episode);
}
#define TASK_END bad_end
#include "base/task_table.h"
