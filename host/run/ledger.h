/* SPDX-License-Identifier: MIT */
/* What a run used: calls and tokens by phase and role. Replies taken from the journal count as
 * well, so that a resumed run's ledger is that of the whole run; how many were sent by this
 * process is kept apart. */
#pragma once

#include <pthread.h>

#include "base/json.h"
#include "model/model.h"

enum phase { PHASE_DEV, PHASE_PROBE, PHASE_LEARN, PHASE_VAL, PHASE_TEST, PHASE_COUNT };
const char *phase_name(enum phase phase);

struct ledger_row {
    int64_t calls;
    int64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens;
};

struct ledger {
    pthread_mutex_t mutex;
    struct ledger_row rows[PHASE_COUNT][3]; /* by enum model_role */
    int64_t sent;                           /* calls that this process sent */
    int64_t rollouts;                       /* that this process finished */
};

void ledger_init(struct ledger *ledger);
void ledger_add(struct ledger *ledger, enum phase phase, enum model_role role,
                const struct model_usage *usage, bool sent);
/* Calls of an episode that the journal holds. */
void ledger_add_row(struct ledger *ledger, enum phase phase, enum model_role role,
                    const struct ledger_row *row);
void ledger_row_add(struct ledger_row *row, const struct model_usage *usage);
struct json *ledger_json(struct ledger *ledger);
