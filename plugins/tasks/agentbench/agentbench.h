/* SPDX-License-Identifier: MIT */
/* The tasks of agentbench.so. Each lives in a folder of its own; beside this file is what they
 * share: statuses, turns, data folders, descriptions. */
#pragma once

#include <grasp/grasp.h>

#include "common/embedded.h"

extern const grasp_task agentbench_dbbench_task, agentbench_os_task, agentbench_alfworld_task,
    agentbench_webshop_task;

/* The prompt files of all tasks. A task's files begin with its name, as in dbbench_system.md. */
extern const struct embedded_file agentbench_prompts[];
