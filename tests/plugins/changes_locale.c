/* SPDX-License-Identifier: MIT */
/* R13: changes the locale. */
#include "base/task.h"
#include <locale.h>

static int32_t bad_open(grasp_call *call, grasp_str config, void **out_self)
{
    setlocale(LC_ALL, "POSIX");
    setlocale(LC_NUMERIC, "C.UTF-8");
    return good_open(call, config, out_self);
}
#define TASK_OPEN bad_open
#include "base/task_table.h"
