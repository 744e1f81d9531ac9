/* SPDX-License-Identifier: MIT */
/* Guidance of bounded length: what does not fit is cut by rank, and a line says so. */
#pragma once

#include "common/learner.h"

#define TASK_LINE "The task:"

struct piece {
    grasp_str text;
    grasp_str id; /* empty for none */
    double rank;  /* the highest stays longest; of equal ones the first */
};

struct block {
    grasp_str head, tail;
    const struct piece *pieces; /* in the order in which they are shown */
    size_t count;
    grasp_str task_line; /* between the text and the message, when it stands in front; or empty */
};

/* Emits head, pieces and tail; nothing if there is no piece and `head` is empty. */
int32_t block_emit(grasp_call *call, const struct common_options *options,
                   const struct block *block);
/* Emits text that is bounded already. ids: JSON array of what is in it. */
int32_t guidance_emit(grasp_call *call, const struct common_options *options,
                      const struct text *text, const struct text *ids, grasp_str task_line);
/* What is emitted, for a limit of characters; 0 for none. ids: JSON array of the pieces in it. */
void block_text(struct text *out, struct text *ids, const struct block *block, size_t limit);
/* Position of the last message of role user or system, 0 if there is none. */
size_t turn_input(const grasp_turn *turn);
/* What knowledge is looked up by: the sample's instruction, if `by_task` and it has one, else the
 * content of that message. */
grasp_str turn_query(grasp_call *call, const grasp_turn *turn, bool by_task);
