/* SPDX-License-Identifier: MIT */
/* What entities are called in texts: "cabinet 2". */
#pragma once

#include "world.h"

/* used: per entity, whether it occurs in an initial fact. */
void names_give(struct world *world, const bool *used);
