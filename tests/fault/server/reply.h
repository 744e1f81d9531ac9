/* SPDX-License-Identifier: MIT */
/* The bytes of replies, and their way onto a socket where an HTTP library would not send them. */
#pragma once

#include "script.h"

/* The body that a rule gives. good: the good reply. key: the client's Authorization. */
void reply_body(const struct rule *rule, struct str good, struct str key, struct buf *out);
/* Writes the reply as the rule has it, lies and pauses included. false: the client has gone. The
 * connection is to be closed afterwards. */
bool reply_send(int fd, const struct rule *rule, struct str body);
/* Sleeps, but no longer than the client stays. */
void reply_wait(int fd, double seconds);
