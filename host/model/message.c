/* SPDX-License-Identifier: MIT */
#include "model/message.h"

bool message_is_sent(const struct message *message)
{
    static const char *const roles[] = {"user", "agent", "system", "tool", "assistant"};
    if (message->flags & MESSAGE_RECORD_ONLY)
        return false;
    for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
        if (str_is(message->role, roles[i]))
            return true;
    }
    return false;
}
