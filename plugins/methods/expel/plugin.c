/* SPDX-License-Identifier: MIT */
#include "expel.h"

GRASP_PLUGIN_METHOD("expel", "1.0.0", "MIT", &expel_table)
