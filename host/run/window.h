/* SPDX-License-Identifier: MIT */
/* What of a long conversation the model still sees (spec/agentbench_os_db.md 1.3). */
#pragma once

#include "base/mem.h"
#include "plugin/task.h"

/* The length of a text in segments: words of at most seven letters, and every sign that is neither
 * a letter, a blank nor a line end. */
size_t window_segments(struct str text);

/* The messages that are sent, in the arena; the given array itself if all are. They are counted
 * from the end, together with the first one, while they come to less than window->max_segments. The
 * notice, with the number of those left out, is added to a copy of the first message. If
 * window->whole, what stands before the model's first turn stays, and no result of a tool stays
 * without its call. max_segments 0: no limit. */
const struct message *window_apply(const struct message *messages, size_t count,
                                   const struct task_window *window, struct arena *arena,
                                   size_t *out_count);
