/* SPDX-License-Identifier: MIT */
/* Recorded dialogues of AgentBench: what an agent says, and texts that have names in the record. */
#pragma once

#include "base/json.h"
#include "plugin/mock_episode.h"

/* One turn as the host gives it to the task. no_id: what a call without an id is given. */
void golden_take_turn(struct mock_episode *episode, const struct json *output, const char *no_id);

struct golden_name {
    const char *name;
    grasp_str text;
};
/* The text with these in place of their names. */
void golden_fill(struct buf *out, const struct golden_name *names, size_t count, struct str text);
