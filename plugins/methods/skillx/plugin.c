/* SPDX-License-Identifier: MIT */
#include "skillx.h"

GRASP_PLUGIN_METHOD("skillx", "1.0.0", "MIT", &skillx_table)
