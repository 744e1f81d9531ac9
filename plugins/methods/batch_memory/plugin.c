/* SPDX-License-Identifier: MIT */
#include "methods/memory/memory.h"

GRASP_PLUGIN_METHOD("batch_memory", "1.0.0", "MIT", &batch_memory_table)
