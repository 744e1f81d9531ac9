/* SPDX-License-Identifier: MIT */
/* R19: leaves a descriptor open, episode by episode. */
#include "base/task.h"
#include <fcntl.h>

static void bad_end(grasp_call *call, void *self, void *episode)
{
    if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
        abort();
    good_end(call, self, episode);
}
#define TASK_END bad_end
#include "base/task_table.h"
