/* SPDX-License-Identifier: MIT */
#pragma once

#include "world.h"

/* Could the goal be reached if nothing that was ever true became false? Where not, no game can be
 * made of the scene. */
bool world_is_solvable(const struct world *world);
