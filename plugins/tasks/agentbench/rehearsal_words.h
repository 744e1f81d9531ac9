/* SPDX-License-Identifier: MIT */
/* What the rehearsals of all tasks look for in a conversation: the failure tags that guidance
 * mentions. */
#pragma once

#include <grasp/ext/rehearsal.h>
#include <stdbool.h>

struct mentions {
    uint32_t mentioned; /* bits 1 << tag */
    uint32_t always;    /* those that guidance demands: "always TAG" */
};

/* find: the number of a tag by its name, -1 for other words. Tags have an underscore and are at
 * most
 * 32. Turns of the agent are not looked at. */
void mentions_find(const grasp_rehearsal_request *request, int (*find)(grasp_str name),
                   struct mentions *out);
bool rehearsal_is_agent(const grasp_message *message);
/* A number from 0 to 99 that depends on the text alone. */
uint32_t rehearsal_number(grasp_str text);
