/* SPDX-License-Identifier: MIT */
/* One message of a conversation, as tasks emit it (sdk: grasp_message). Texts are borrowed. */
#pragma once

#include "base/str.h"

enum { MESSAGE_RECORD_ONLY = 1, MESSAGE_SEND_ONLY = 2 };

struct message {
    struct str role; /* system, user, agent, tool, or a word of the task's own */
    struct str content;
    struct str tool_calls; /* JSON array or empty */
    struct str tool_call_id;
    struct str name;
    struct str carry; /* JSON of the service that wrote this turn, which wants it back as it is
                         (reasoning, signatures); nobody else reads it. Empty if there is none */
    uint32_t flags;
};

/* Is this message sent to a model? */
bool message_is_sent(const struct message *message);
