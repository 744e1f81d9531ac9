/* SPDX-License-Identifier: MIT */
#include "evo.h"

GRASP_PLUGIN_METHOD("evo_memory", "1.0.0", "MIT", &evo_memory_table)
