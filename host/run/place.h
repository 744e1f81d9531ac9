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
 * the first system message, or as a system message of its own in front. PLACE_FIELD
 * (spec/baselines.md 2): as PLACE_RECENT, but on the first decision as member `field`, else
 * "behavioral_skills", of a message that is a JSON object. PLACE_OPENING: the same in the first
 * message of role user or system, and only before the first model turn. PLACE_TASK: as `otherwise`
 * says. guidance->task_line stands between guidance and a message that it is put in front of.
 */
const struct message *place_guidance(const struct message *messages, size_t count,
                                     const struct guidance *guidance, enum placement otherwise,
                                     const char *field, struct arena *arena, size_t *out_count);
