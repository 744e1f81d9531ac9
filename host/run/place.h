/* SPDX-License-Identifier: MIT */
/* Puts guidance into a conversation, without changing the conversation itself. */
#pragma once

#include "base/mem.h"
#include "plugin/method.h"

/*
 * The messages with the guidance in them, in the arena; the given array itself if there is none.
 *
 * PLACE_RECENT (spec/grasp.md 7.1): into the last message of role user or system, the first one if
 * there is none. On the first decision, when no model turn precedes it, in front of the content,
 * else behind it, a blank line between. PLACE_FIRST (7.3): if `field` is set and the first message
 * is a JSON object, as that member of it, else behind the first message. PLACE_SYSTEM (7.4): behind
 * the first system message, or as a system message of its own in front. PLACE_TASK: as `otherwise`
 * says.
 */
const struct message *place_guidance(const struct message *messages, size_t count,
                                     const struct guidance *guidance, enum placement otherwise,
                                     const char *field, struct arena *arena, size_t *out_count);
