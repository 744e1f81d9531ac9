/* SPDX-License-Identifier: MIT */
#include "run/ledger.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

#define BINS_OF_TWO 8.0

const char *phase_name(enum phase phase)
{
    static const char *const names[PHASE_COUNT] = {"dev", "probe", "learn", "val", "test"};
    return names[phase];
}

void ledger_init(struct ledger *ledger)
{
    memset(ledger, 0, sizeof(*ledger));
    ledger->started_us = clock_monotonic_us();
    pthread_mutex_init(&ledger->mutex, NULL);
}

void ledger_add(struct ledger *ledger, enum phase phase, enum model_role role,
                const struct model_usage *usage, bool cached)
{
    pthread_mutex_lock(&ledger->mutex);
    ledger_row_add(&ledger->rows[phase][role], usage);
    if (cached)
        ledger_row_add(&ledger->cached[role], usage);
    pthread_mutex_unlock(&ledger->mutex);
}

static size_t bin_of(uint64_t us)
{
    double bin = us > 1 ? BINS_OF_TWO * log2((double)us) : 0;
    return bin < LEDGER_BINS - 1 ? (size_t)bin : LEDGER_BINS - 1;
}

void ledger_add_sent(struct ledger *ledger, enum phase phase, const struct model_call *call)
{
    enum model_role role = call->request.role;
    size_t bin = bin_of(call->latency_us);
    pthread_mutex_lock(&ledger->mutex);
    struct ledger_timing *timing = &ledger->timing[phase][role];
    ledger_row_add(&ledger->rows[phase][role], &call->reply.usage);
    timing->sent++;
    timing->retries += call->attempts > 1 ? call->attempts - 1 : 0;
    if (call->latency_us) {
        timing->latencies[bin]++;
        if (call->latency_us > timing->slowest_us)
            timing->slowest_us = call->latency_us;
    }
    __atomic_add_fetch(&ledger->sent, 1, __ATOMIC_RELAXED);
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

static void sum_row(struct ledger_row *sum, const struct ledger_row *row)
{
    sum->calls += row->calls;
    sum->prompt_tokens += row->prompt_tokens;
    sum->cached_tokens += row->cached_tokens;
    sum->completion_tokens += row->completion_tokens;
    sum->reasoning_tokens += row->reasoning_tokens;
}

void ledger_add_row(struct ledger *ledger, enum phase phase, enum model_role role,
                    const struct ledger_row *row)
{
    pthread_mutex_lock(&ledger->mutex);
    sum_row(&ledger->rows[phase][role], row);
    pthread_mutex_unlock(&ledger->mutex);
}

void ledger_total(struct ledger *ledger, struct ledger_row *out)
{
    *out = (struct ledger_row){0};
    pthread_mutex_lock(&ledger->mutex);
    for (int p = 0; p < PHASE_COUNT; p++) {
        for (int r = 0; r < LEDGER_ROLES; r++)
            sum_row(out, &ledger->rows[p][r]);
    }
    pthread_mutex_unlock(&ledger->mutex);
}

bool ledger_is_priced(const struct ledger *ledger)
{
    for (int r = 0; r < LEDGER_ROLES; r++) {
        if (!ledger->prices[r].known)
            return false;
    }
    return true;
}

int64_t ledger_cost(const struct ledger *ledger, enum model_role role, const struct ledger_row *row)
{
    /* linear, so that it may be taken of a sum; the parts of each call are within its whole */
    return price_of(&ledger->prices[role], &(struct model_usage){
                                               .prompt_tokens = row->prompt_tokens,
                                               .cached_tokens = row->cached_tokens,
                                               .completion_tokens = row->completion_tokens,
                                               .reasoning_tokens = row->reasoning_tokens,
                                           });
}

int64_t ledger_total_cost(struct ledger *ledger)
{
    int64_t cost = 0;
    pthread_mutex_lock(&ledger->mutex);
    for (int p = 0; p < PHASE_COUNT; p++) {
        for (int r = 0; r < LEDGER_ROLES; r++)
            cost += ledger_cost(ledger, (enum model_role)r, &ledger->rows[p][r]);
    }
    pthread_mutex_unlock(&ledger->mutex);
    return cost;
}

static struct json *row_json(const struct ledger *ledger, enum model_role role,
                             const struct ledger_row *row)
{
    struct json *out = json_new_object();
    json_set(out, "calls", json_new_int(row->calls));
    json_set(out, "prompt_tokens", json_new_int(row->prompt_tokens));
    json_set(out, "cached_tokens", json_new_int(row->cached_tokens));
    json_set(out, "completion_tokens", json_new_int(row->completion_tokens));
    json_set(out, "reasoning_tokens", json_new_int(row->reasoning_tokens));
    if (ledger->prices[role].known)
        json_set(out, "cost", json_new_double(price_dollars(ledger_cost(ledger, role, row))));
    return out;
}

/* The latency that `share` of the calls did not pass, in milliseconds: the upper end of its bin. */
static double quantile(const struct ledger_timing *timing, int64_t count, double share)
{
    int64_t seen = 0;
    for (size_t i = 0; i < LEDGER_BINS; i++) {
        seen += timing->latencies[i];
        if ((double)seen >= share * (double)count) {
            double us = exp2((double)(i + 1) / BINS_OF_TWO);
            return round(us < (double)timing->slowest_us ? us : (double)timing->slowest_us) / 1000;
        }
    }
    return (double)timing->slowest_us / 1000;
}

static struct json *timing_json(const struct ledger_timing *timing)
{
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 2}};
    struct json *out = json_new_object();
    int64_t count = 0;
    for (size_t i = 0; i < LEDGER_BINS; i++)
        count += timing->latencies[i];
    json_set(out, "sent", json_new_int(timing->sent));
    json_set(out, "retries", json_new_int(timing->retries));
    if (!count)
        return out;
    struct json *latency = json_new_object();
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++)
        json_set(latency, quantiles[i].name,
                 json_new_double(quantile(timing, count, quantiles[i].share)));
    json_set(out, "latency_ms", latency);
    return out;
}

/* What two runs with the same replies need not have in common. */
static struct json *all_timing(const struct ledger *ledger)
{
    struct json *out = json_new_object();
    double seconds = (double)(clock_monotonic_us() - ledger->started_us) / 1e6;
    json_set(out, "seconds", json_new_double(round(seconds * 1000) / 1000));
    for (int p = 0; p < PHASE_COUNT; p++) {
        struct json *phase = json_new_object();
        for (int r = 0; r < LEDGER_ROLES; r++) {
            if (ledger->timing[p][r].sent)
                json_set(phase, model_role_name((enum model_role)r),
                         timing_json(&ledger->timing[p][r]));
        }
        json_set(out, phase_name((enum phase)p), phase);
    }
    struct json *cache = json_new_object();
    int64_t cached = 0;
    for (int r = 0; r < LEDGER_ROLES; r++)
        cached += ledger->cached[r].calls;
    json_set(cache, "calls", json_new_int(cached));
    for (int r = 0; r < LEDGER_ROLES; r++) {
        if (ledger->cached[r].calls)
            json_set(cache, model_role_name((enum model_role)r),
                     row_json(ledger, (enum model_role)r, &ledger->cached[r]));
    }
    json_set(out, "cache", cache);
    return out;
}

struct json *ledger_json(struct ledger *ledger)
{
    struct json *out = json_new_object();
    pthread_mutex_lock(&ledger->mutex);
    for (int p = 0; p < PHASE_COUNT; p++) {
        struct json *phase = json_new_object();
        for (int r = 0; r < LEDGER_ROLES; r++) {
            if (ledger->rows[p][r].calls)
                json_set(phase, model_role_name((enum model_role)r),
                         row_json(ledger, (enum model_role)r, &ledger->rows[p][r]));
        }
        json_set(out, phase_name((enum phase)p), phase);
    }
    json_set(out, "timing", all_timing(ledger));
    pthread_mutex_unlock(&ledger->mutex);
    return out;
}
