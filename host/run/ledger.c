/* SPDX-License-Identifier: MIT */
#include "run/ledger.h"

#include <string.h>

const char *phase_name(enum phase phase)
{
    static const char *const names[PHASE_COUNT] = {"dev", "probe", "learn", "val", "test"};
    return names[phase];
}

void ledger_init(struct ledger *ledger)
{
    memset(ledger, 0, sizeof(*ledger));
    pthread_mutex_init(&ledger->mutex, NULL);
}

void ledger_add(struct ledger *ledger, enum phase phase, enum model_role role,
                const struct model_usage *usage, bool sent)
{
    pthread_mutex_lock(&ledger->mutex);
    ledger_row_add(&ledger->rows[phase][role], usage);
    __atomic_add_fetch(&ledger->sent, sent, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&ledger->mutex);
}

void ledger_row_add(struct ledger_row *row, const struct model_usage *usage)
{
    row->calls++;
    row->prompt_tokens += usage->prompt_tokens;
    row->cached_tokens += usage->cached_tokens;
    row->completion_tokens += usage->completion_tokens;
    row->reasoning_tokens += usage->reasoning_tokens;
}

void ledger_add_row(struct ledger *ledger, enum phase phase, enum model_role role,
                    const struct ledger_row *row)
{
    pthread_mutex_lock(&ledger->mutex);
    struct ledger_row *sum = &ledger->rows[phase][role];
    sum->calls += row->calls;
    sum->prompt_tokens += row->prompt_tokens;
    sum->cached_tokens += row->cached_tokens;
    sum->completion_tokens += row->completion_tokens;
    sum->reasoning_tokens += row->reasoning_tokens;
    pthread_mutex_unlock(&ledger->mutex);
}

static struct json *row_json(const struct ledger_row *row)
{
    struct json *out = json_new_object();
    json_set(out, "calls", json_new_int(row->calls));
    json_set(out, "prompt_tokens", json_new_int(row->prompt_tokens));
    json_set(out, "cached_tokens", json_new_int(row->cached_tokens));
    json_set(out, "completion_tokens", json_new_int(row->completion_tokens));
    json_set(out, "reasoning_tokens", json_new_int(row->reasoning_tokens));
    return out;
}

struct json *ledger_json(struct ledger *ledger)
{
    struct json *out = json_new_object();
    pthread_mutex_lock(&ledger->mutex);
    for (int p = 0; p < PHASE_COUNT; p++) {
        struct json *phase = json_new_object();
        for (int r = 0; r < 3; r++) {
            if (ledger->rows[p][r].calls)
                json_set(phase, model_role_name(r), row_json(&ledger->rows[p][r]));
        }
        json_set(out, phase_name(p), phase);
    }
    pthread_mutex_unlock(&ledger->mutex);
    return out;
}
