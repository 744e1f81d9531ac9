/* SPDX-License-Identifier: MIT */
/* What the game says. */
#pragma once

#include "state.h"

/* After a command has been carried out. */
void feedback_write(const struct state *state, const struct command *command, struct text *out);
/* Where the agent is; intro: before the first command, which shows what the room holds. */
void feedback_scene(const struct state *state, bool intro, struct text *out);
