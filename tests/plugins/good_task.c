/* SPDX-License-Identifier: MIT */
/* Keeps every rule. */
#include "base/task.h"
#include "base/task_table.h"
