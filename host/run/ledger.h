/* SPDX-License-Identifier: MIT */
/* What a run used: calls, tokens and cost by phase and role. Replies taken from the journal or a
 * cache count as well, so that a resumed run's ledger is that of the whole run. What depends on
 * time, and on what this process sent itself, is kept apart, under "timing". */
#pragma once

#include <pthread.h>

#include "base/json.h"
#include "model/price.h"

enum phase { PHASE_DEV, PHASE_PROBE, PHASE_LEARN, PHASE_VAL, PHASE_TEST, PHASE_COUNT };
const char *phase_name(enum phase phase);

struct ledger_row {
    int64_t calls;
    int64_t prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens;
};

#define LEDGER_ROLES 3
#define LEDGER_BINS 320 /* eight to each doubling of a microsecond */

/* Of the calls that this process sent. */
struct ledger_timing {
    int64_t sent, retries;
    uint64_t slowest_us;
    uint32_t latencies[LEDGER_BINS];
};

struct ledger {
    pthread_mutex_t mutex;
    struct price prices[LEDGER_ROLES];
    struct ledger_row rows[PHASE_COUNT][LEDGER_ROLES]; /* by enum model_role */
    struct ledger_timing timing[PHASE_COUNT][LEDGER_ROLES];
    struct ledger_row cached[LEDGER_ROLES]; /* of the rows: replies that a cache had */
    int64_t sent;                           /* calls that this process sent */
    int64_t rollouts;                       /* that this process finished */
    uint64_t started_us;
};

void ledger_init(struct ledger *ledger);
/* A reply that was not sent for: from the journal, or from a cache. */
void ledger_add(struct ledger *ledger, enum phase phase, enum model_role role,
                const struct model_usage *usage, bool cached);
/* A call that this process has sent. */
void ledger_add_sent(struct ledger *ledger, enum phase phase, const struct model_call *call);
/* Calls of an episode that the journal holds. */
void ledger_add_row(struct ledger *ledger, enum phase phase, enum model_role role,
                    const struct ledger_row *row);
void ledger_row_add(struct ledger_row *row, const struct model_usage *usage);
/* All rows added up. */
void ledger_total(struct ledger *ledger, struct ledger_row *out);
/* Does every role have a price? */
bool ledger_is_priced(const struct ledger *ledger);
/* What the row costs at a role's price. */
int64_t ledger_cost(const struct ledger *ledger, enum model_role role,
                    const struct ledger_row *row);
/* Of all rows, each at its role's price. */
int64_t ledger_total_cost(struct ledger *ledger);
struct json *ledger_json(struct ledger *ledger);
