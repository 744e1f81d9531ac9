/* SPDX-License-Identifier: MIT */
/* R3: the table's size ends before `step`. */
#include "base/task.h"
#define TASK_SIZE offsetof(grasp_task, step)
#include "base/task_table.h"
