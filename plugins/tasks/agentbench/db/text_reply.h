/* SPDX-License-Identifier: MIT */
/* The protocol of AgentBench's first version: an action in the text of a reply. */
#pragma once

#include "common/text.h"

enum text_action {
    TEXT_INVALID,
    TEXT_SQL,    /* Action: Operation, and a block ```sql */
    TEXT_ANSWER, /* Action: Answer, and Final Answer: */
};

/* *out: the statement on one line, or the answer's text. */
enum text_action text_reply_read(grasp_str reply, struct text *out);
