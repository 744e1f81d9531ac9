/* SPDX-License-Identifier: MIT */
/* R2: prints when it is loaded. */
#include "base/task.h"
#include "base/task_table.h"

__attribute__((constructor)) static void greet(void)
{
    puts("adding 1.0 is ready");
}
