/* SPDX-License-Identifier: MIT */
#include "agentbench.h"

static const grasp_task *const tasks[] = {
    &agentbench_dbbench_task,
    &agentbench_os_task,
    &agentbench_alfworld_task,
    &agentbench_webshop_task,
};

static const grasp_plugin plugin = {
    .size = sizeof(plugin),
    .abi_minor = GRASP_ABI_MINOR,
    .name = "agentbench",
    .version = "1.0.0",
    .license = "MIT",
    .tasks = tasks,
    .task_count = sizeof(tasks) / sizeof(*tasks),
};

const grasp_plugin *grasp_plugin_v1(void)
{
    return &plugin;
}
