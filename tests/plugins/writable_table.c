/* SPDX-License-Identifier: MIT */
/* R2: the table can be written. */
#include "base/task.h"
#define TASK_CONST
#include "base/task_table.h"
