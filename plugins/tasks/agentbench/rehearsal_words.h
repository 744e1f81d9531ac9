/* SPDX-License-Identifier: MIT */
/* What the rehearsals of all tasks look for in a conversation: the failure tags that guidance
 * mentions. */
#pragma once

#include <grasp/ext/rehearsal.h>

#include "common/tag_table.h"

/* In all messages but the agent's. */
void rehearsal_mentions(const grasp_rehearsal_request *request, const struct tag_table *table,
                        struct tag_mentions *out);
bool rehearsal_is_agent(const grasp_message *message);
/* A number from 0 to 99 that depends on the text alone. */
uint32_t rehearsal_number(grasp_str text);
