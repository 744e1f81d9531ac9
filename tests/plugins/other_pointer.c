/* SPDX-License-Identifier: MIT */
/* R2: the entry returns another pointer the second time. */
#include "base/task.h"
#define TASK_NO_ENTRY
#include "base/task_table.h"

static const grasp_task *const tasks[] = {&task};
static const grasp_plugin tables[2] = {
    {sizeof(grasp_plugin), GRASP_ABI_MINOR, "adding", "1.0", "MIT", tasks, 1, NULL, 0},
    {sizeof(grasp_plugin), GRASP_ABI_MINOR, "adding", "1.0", "MIT", tasks, 1, NULL, 0},
};

const grasp_plugin *grasp_plugin_v1(void)
{
    static int count;
    return &tables[count++ % 2];
}
