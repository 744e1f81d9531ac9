/* SPDX-License-Identifier: MIT */
/* The built-in stand-in for a model: asks the method's and the task's rehearsal extensions. */
#pragma once

#include "model/model.h"
#include "plugin/plugin.h"

struct rehearsal; /* immutable, shared by all threads */

/* Either entry may be NULL. EXIT_USAGE, with what to do, when none offers grasp.rehearsal/1. */
int rehearsal_open(const struct plugin_entry *task, const struct plugin_entry *method,
                   struct rehearsal **out, struct err *err);
/* A model_answer_fn. Writer and judge requests go to the method first, all others to the task
 * first; who does not know the conversation passes it on. Token counts are text bytes / 4. */
void rehearsal_answer(void *rehearsal, const struct model_request *request, struct arena *arena,
                      struct model_reply *out_reply);
void rehearsal_close(struct rehearsal *rehearsal);
