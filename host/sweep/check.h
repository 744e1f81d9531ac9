/* SPDX-License-Identifier: MIT */
/* Before anything is paid for: does every cell pass the checks of its run, and what will it use? */
#pragma once

#include "sweep/plan.h"

/* Has `run --dry-run` look at each of the selected cells; cells that differ in the seed alone once.
 * The code and the error of the first cell that cannot be run. Nothing is left behind. */
int sweep_check(const struct sweep *sweep, const bool *selected, struct err *err);

/* {"cells": [{"name", "calls", "prompt_tokens", "completion_tokens", "cost", "measured"}],
 * "total": the same}; cost null where it is not known. A baseline that others take counts once. */
int sweep_estimate(const struct sweep *sweep, const bool *selected, struct json **out,
                   struct err *err);
