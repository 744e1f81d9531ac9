/* SPDX-License-Identifier: MIT */
#include "methods/memory/memory.h"

const grasp_plugin *grasp_plugin_v1(void)
{
    static const grasp_method *const methods[] = {&batch_memory_table};
    static const grasp_plugin plugin = {
        .size = sizeof(plugin),
        .abi_minor = GRASP_ABI_MINOR,
        .name = "batch_memory",
        .version = "1.0.0",
        .license = "MIT",
        .methods = methods,
        .method_count = 1,
    };
    return &plugin;
}
