/* SPDX-License-Identifier: MIT */
/* What a run may use and what it has used: prices, budget, ledger.json. */
#pragma once

#include "cli/session.h"

/* After the model is open, before anything is written: prices, budget and cache. EXIT_CONFIG if a
 * limit cannot be kept (no price, or replies without bound), or if the cache is none. */
int spending_open(struct session *session, struct err *err);
/* When the run directory is open: what the run has used before counts. */
void spending_start(struct session *session);
/* ledger.json. */
int spending_write(struct session *session, struct err *err);
/* A stopped run leaves its ledger too, and a line that says what it has used; code: why it ended.
 */
void spending_stopped(struct session *session, int code);
void spending_close(struct session *session);

/* Lines of a summary: calls, tokens, cost by role, from a ledger.json. */
void spending_show(struct buf *out, const struct json *ledger);
