/* SPDX-License-Identifier: MIT */
#pragma once

#include "state.h"

/* Lists anew what can be done in the state. */
void commands_list(struct state *state);
