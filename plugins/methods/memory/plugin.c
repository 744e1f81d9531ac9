/* SPDX-License-Identifier: MIT */
#include "memory.h"

GRASP_PLUGIN_METHOD("memory", "1.0.0", "MIT", &memory_table)
