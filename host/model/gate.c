/* SPDX-License-Identifier: MIT */
#include "model/gate.h"

#include <math.h>

#include "base/clock.h"

#define BYTES_PER_TOKEN 4.0 /* until replies have said it */
#define REPLY_TOKENS 256.0
#define MEMORY 64.0    /* replies over which means are taken */
#define DEVIATIONS 2.0 /* by which the calls inside may together exceed their estimates */
#define LOOKED_AT 16
#define PASSED_MOST 8
#define BUDGET_ASK_US 100000u /* another model may have given something back */
#define SHARE_ASK_US 10000u   /* another process may have got a call back */
#define SHOWN_US 2000000u     /* so long ago is still now, to a person */

void gate_init(struct gate *gate, const struct gate_limits *limits)
{
    *gate = (struct gate){
        .most_in_flight = limits->in_flight, .prompt_bytes = BYTES_PER_TOKEN, .prompt_tokens = 1};
    gate->flow = &gate->own;
    limit_init(&gate->flow->requests, limits->requests_per_minute, false);
    limit_init(&gate->flow->tokens, limits->tokens_per_minute, true);
    adapt_init(&gate->flow->adapt);
    for (size_t i = 0; i < GATE_ROLES; i++) {
        gate->lines[i].last = &gate->lines[i].first;
        gate->reply_tokens[i] = REPLY_TOKENS;
    }
}

void gate_set_share(struct gate *gate, struct share *share, uint64_t key)
{
    struct share_flow *flow =
        share_flow(share, key, gate->own.requests.configured, gate->own.tokens.configured);
    if (!flow)
        return; /* the limits are the process's own */
    gate->share = share;
    gate->flow = flow;
}

/* The time, which must not run back for a flow that other processes have just used. */
static uint64_t lock(struct gate *gate, uint64_t now_us)
{
    if (!gate->share)
        return now_us;
    share_lock_flows(gate->share);
    return clock_monotonic_us();
}

static void unlock(struct gate *gate)
{
    if (gate->share)
        share_unlock_flows(gate->share);
}

/* Of this process, and of those that share the flow. */
static unsigned in_flight(const struct gate *gate, double *out_variance)
{
    if (gate->share)
        return share_in_flight(gate->share, gate->flow, out_variance);
    *out_variance = gate->variance;
    return gate->in_flight;
}

static enum model_hold hold_of(enum adapt_hold hold)
{
    static const enum model_hold holds[] = {
        [ADAPT_GO] = MODEL_HOLD_NONE,
        [ADAPT_WINDOW] = MODEL_HOLD_WINDOW,
        [ADAPT_PACE] = MODEL_HOLD_PACE,
        [ADAPT_PAUSE] = MODEL_HOLD_PAUSE,
    };
    return holds[hold];
}

/* Last, because it reserves. A token is a byte of the request at least. */
static enum model_hold ask_budget(struct gate *gate, struct gate_ticket *ticket,
                                  uint64_t *out_wait_us)
{
    switch (budget_reserve(gate->budget, ticket->role, (int64_t)ticket->bytes, ticket->reply_most,
                           &ticket->claim)) {
    case BUDGET_OK:
        break;
    case BUDGET_WAIT:
        *out_wait_us = BUDGET_ASK_US;
        return MODEL_HOLD_BUDGET;
    case BUDGET_OVER:
        ticket->over = true;
        break;
    }
    return MODEL_HOLD_NONE;
}

static bool knows_quota(const struct gate *gate)
{
    return gate->flow->requests.per_minute > 0 || gate->flow->tokens.per_minute > 0;
}

/* *out_wait_us as in gate_next. */
static enum model_hold ask_quotas(struct gate *gate, const struct gate_ticket *ticket,
                                  double variance, uint64_t now_us, uint64_t *out_wait_us)
{
    double spare = DEVIATIONS * sqrt(variance + ticket->variance);
    uint64_t requests = limit_wait_us(&gate->flow->requests, 1, 0, now_us);
    uint64_t used = limit_wait_us(&gate->flow->tokens, ticket->tokens, spare, now_us);
    *out_wait_us = requests > used ? requests : used;
    if (!requests && !used)
        return MODEL_HOLD_NONE;
    return requests >= used ? MODEL_HOLD_REQUESTS : MODEL_HOLD_TOKENS;
}

static enum model_hold ask_all(struct gate *gate, struct gate_ticket *ticket, uint64_t now_us,
                               uint64_t *out_wait_us)
{
    double variance;
    unsigned out = in_flight(gate, &variance);
    *out_wait_us = 0;
    if (gate->most_in_flight > 0 && out >= gate->most_in_flight)
        return MODEL_HOLD_IN_FLIGHT;
    enum adapt_hold hold = adapt_ask(&gate->flow->adapt, out, now_us, out_wait_us);
    if (hold != ADAPT_GO)
        return hold_of(hold);
    enum model_hold quota = MODEL_HOLD_NONE;
    if (knows_quota(gate))
        quota = ask_quotas(gate, ticket, variance, now_us, out_wait_us);
    if (quota != MODEL_HOLD_NONE)
        return quota;
    return gate->budget ? ask_budget(gate, ticket, out_wait_us) : MODEL_HOLD_NONE;
}

/* What keeps a call back; *out_wait_us as in gate_next. */
static enum model_hold ask(struct gate *gate, struct gate_ticket *ticket, uint64_t now_us,
                           uint64_t *out_wait_us)
{
    enum model_hold hold = ask_all(gate, ticket, now_us, out_wait_us);
    if (hold != MODEL_HOLD_NONE && gate->share && !*out_wait_us)
        *out_wait_us = SHARE_ASK_US;
    return hold;
}

/* By the ratio of the means: the mean of the ratios of single calls is more, where their sizes in
 * tokens differ by more than those in bytes tell. */
static double prompt_estimate(const struct gate *gate, const struct gate_ticket *ticket)
{
    return (double)ticket->bytes * gate->prompt_tokens / gate->prompt_bytes;
}

static void estimate(const struct gate *gate, struct gate_ticket *ticket)
{
    ticket->tokens = prompt_estimate(gate, ticket) + gate->reply_tokens[ticket->role];
    ticket->variance = gate->variances[ticket->role];
    /* What was refused may be larger than it looks. */
    ticket->tokens += ticket->refusals * sqrt(ticket->variance);
}

static void go(struct gate *gate, struct gate_ticket *ticket, uint64_t now_us)
{
    if (ticket->over)
        return;
    gate->in_flight++;
    ticket->inside = true;
    ticket->sent_us = now_us;
    adapt_sent(&gate->flow->adapt, now_us);
    bool known = knows_quota(gate);
    if (!known) {
        ticket->tokens = 0;
        ticket->variance = 0;
    }
    if (gate->share)
        share_flight(gate->share, gate->flow, 1, ticket->variance);
    if (!known)
        return;
    gate->variance += ticket->variance;
    limit_add(&gate->flow->requests, 1, now_us);
    limit_add(&gate->flow->tokens, ticket->tokens, now_us);
}

static void wait_in_line(struct gate *gate, struct gate_ticket *ticket, bool in_front)
{
    struct gate_line *line = &gate->lines[ticket->role];
    gate->waiting++;
    if (!line->first) {
        /* Who was away has not saved up. */
        for (size_t i = 0; i < GATE_ROLES; i++) {
            if (gate->lines[i].first && gate->lines[i].used > line->used)
                line->used = gate->lines[i].used;
        }
    }
    if (in_front) {
        ticket->next = line->first;
        line->first = ticket;
        if (!ticket->next)
            line->last = &ticket->next;
    } else {
        ticket->next = NULL;
        *line->last = ticket;
        line->last = &ticket->next;
    }
}

static void note_deadline(struct gate *gate, uint64_t deadline_us)
{
    if (deadline_us && (!gate->deadline_us || deadline_us < gate->deadline_us))
        gate->deadline_us = deadline_us;
}

/* Whose deadline has come goes from its line into the list of the late. */
static void take_late(struct gate *gate, uint64_t now_us)
{
    if (!gate->deadline_us || now_us < gate->deadline_us)
        return;
    gate->deadline_us = 0;
    for (size_t i = 0; i < GATE_ROLES; i++) {
        struct gate_ticket **at = &gate->lines[i].first, *ticket;
        while ((ticket = *at)) {
            if (!ticket->deadline_us || now_us < ticket->deadline_us) {
                note_deadline(gate, ticket->deadline_us);
                at = &ticket->next;
                continue;
            }
            *at = ticket->next;
            ticket->late = true;
            ticket->next = gate->late;
            gate->late = ticket;
        }
        gate->lines[i].last = at;
    }
}

/* When to ask again: what holds calls back has passed, or a deadline has come. */
static void wait_for_deadline(const struct gate *gate, uint64_t now_us, uint64_t *wait_us)
{
    uint64_t deadline = gate->deadline_us, left = deadline > now_us ? deadline - now_us : 1;
    if (deadline && (!*wait_us || left < *wait_us))
        *wait_us = left;
}

static bool enter(struct gate *gate, struct gate_ticket *ticket, bool again, uint64_t now_us,
                  uint64_t *out_wait_us)
{
    *out_wait_us = 0;
    if (ticket->kept > 0)
        limit_correct(&gate->flow->tokens, -ticket->kept, ticket->sent_us, now_us);
    ticket->kept = 0;
    estimate(gate, ticket);
    if (!gate->waiting) {
        enum model_hold hold = ask(gate, ticket, now_us, out_wait_us);
        if (hold == MODEL_HOLD_NONE) {
            go(gate, ticket, now_us);
            return true;
        }
        gate->hold = hold;
        gate->held_us = now_us;
    }
    wait_in_line(gate, ticket, again);
    note_deadline(gate, ticket->deadline_us);
    wait_for_deadline(gate, now_us, out_wait_us);
    return false;
}

bool gate_enter(struct gate *gate, struct gate_ticket *ticket, bool again, uint64_t now_us,
                uint64_t *out_wait_us)
{
    now_us = lock(gate, now_us);
    bool in = enter(gate, ticket, again, now_us, out_wait_us);
    unlock(gate);
    return in;
}

/* The share of what is scarce that a call takes, 1 being an average one. */
static double weight(const struct gate *gate, const struct gate_ticket *ticket)
{
    if (!(gate->flow->tokens.per_minute > 0))
        return 1;
    double by_tokens = ticket->tokens / gate->flow->tokens.per_minute;
    double by_calls = gate->flow->requests.per_minute > 0 ? 1 / gate->flow->requests.per_minute : 0;
    return 1000 * (by_tokens > by_calls ? by_tokens : by_calls);
}

/* The one that goes out of a line, as a pointer to where it hangs; NULL if none may. A call that is
 * larger than what is left of the tokens is passed by some that are not, a few times. */
static struct gate_ticket **next_in_line(struct gate *gate, struct gate_line *line, uint64_t now_us,
                                         uint64_t *out_wait_us)
{
    struct gate_ticket *first = line->first, **at = &line->first;
    estimate(gate, first); /* what was learned while it waited counts */
    enum model_hold hold = ask(gate, first, now_us, out_wait_us);
    if (hold == MODEL_HOLD_NONE)
        return at;
    gate->hold = hold;
    gate->held_us = now_us;
    if (hold != MODEL_HOLD_TOKENS || first->passed >= PASSED_MOST)
        return NULL;
    for (unsigned i = 0; i < LOOKED_AT && *(at = &(*at)->next); i++) {
        uint64_t wait;
        estimate(gate, *at);
        hold = ask(gate, *at, now_us, &wait);
        if (hold == MODEL_HOLD_NONE) {
            first->passed++;
            return at;
        }
        if (hold == MODEL_HOLD_TOKENS && wait < *out_wait_us)
            *out_wait_us = wait;
    }
    return NULL;
}

static struct gate_ticket *next(struct gate *gate, uint64_t now_us, uint64_t *out_wait_us)
{
    struct gate_line *line = NULL;
    struct gate_ticket *ticket;
    *out_wait_us = 0;
    take_late(gate, now_us);
    if ((ticket = gate->late)) {
        gate->late = ticket->next;
        gate->waiting--;
        return ticket;
    }
    for (size_t i = 0; i < GATE_ROLES; i++) {
        if (gate->lines[i].first && (!line || gate->lines[i].used < line->used))
            line = &gate->lines[i];
    }
    if (!line)
        return NULL;
    struct gate_ticket **at = next_in_line(gate, line, now_us, out_wait_us);
    if (!at) {
        wait_for_deadline(gate, now_us, out_wait_us);
        return NULL;
    }
    ticket = *at;
    *at = ticket->next;
    if (!*at)
        line->last = at;
    line->used += weight(gate, ticket);
    gate->waiting--;
    go(gate, ticket, now_us);
    return ticket;
}

struct gate_ticket *gate_next(struct gate *gate, uint64_t now_us, uint64_t *out_wait_us)
{
    now_us = lock(gate, now_us);
    struct gate_ticket *ticket = next(gate, now_us, out_wait_us);
    unlock(gate);
    return ticket;
}

void gate_clear(struct gate *gate)
{
    for (size_t i = 0; i < GATE_ROLES; i++) {
        gate->lines[i].first = NULL;
        gate->lines[i].last = &gate->lines[i].first;
    }
    gate->late = NULL;
    gate->deadline_us = 0;
    gate->waiting = 0;
}

/* Tokens of a reply are known: what was estimated is corrected, and the next estimates learn. */
static void learn(struct gate *gate, const struct gate_ticket *ticket,
                  const struct model_usage *usage, uint64_t now_us)
{
    double total = (double)usage->prompt_tokens + (double)usage->completion_tokens;
    enum model_role role = ticket->role;
    if (!(total > 0))
        return;
    double count = (double)++gate->replies[role];
    double expected = prompt_estimate(gate, ticket) + gate->reply_tokens[role];
    double off = total - expected;
    if (count > 1)
        gate->variances[role] += (off * off - gate->variances[role]) / fmin(count - 1, MEMORY);
    if (usage->prompt_tokens > 0) {
        double prompts = fmin((double)++gate->prompts, MEMORY);
        gate->prompt_bytes += ((double)ticket->bytes - gate->prompt_bytes) / prompts;
        gate->prompt_tokens += ((double)usage->prompt_tokens - gate->prompt_tokens) / prompts;
    }
    off = (double)usage->completion_tokens - gate->reply_tokens[role];
    gate->reply_tokens[role] += off / fmin(count, MEMORY);
    if (ticket->tokens > 0)
        limit_correct(&gate->flow->tokens, total - ticket->tokens, ticket->sent_us, now_us);
}

static void settle(struct gate *gate, const struct gate_ticket *ticket,
                   const struct gate_outcome *outcome)
{
    if (!gate->budget)
        return;
    if (outcome->end == GATE_LOST)
        budget_lose(gate->budget, &ticket->claim);
    else
        budget_settle(gate->budget, ticket->role, &ticket->claim,
                      outcome->end == GATE_ANSWERED ? outcome->usage : NULL);
}

/* Of limits that are divided, what the server says of the whole is divided too; what is left of it
 * says nothing then. */
static void report(struct gate *gate, const struct limit_headers *headers, uint64_t now_us)
{
    double parts = gate->share ? share_parts(gate->share) : 1;
    bool whole = parts <= 1;
    limit_report(&gate->flow->requests, headers->requests / parts,
                 whole ? headers->requests_remaining : NAN, now_us);
    limit_report(&gate->flow->tokens, headers->tokens / parts,
                 whole ? headers->tokens_remaining : NAN, now_us);
}

/* The server counts a call when it comes, which may be a while after it was let out: connections
 * have to be made, and the machine may be busy. */
static void note_out(struct gate *gate, struct gate_ticket *ticket, uint64_t out_us,
                     uint64_t now_us)
{
    if (out_us <= ticket->sent_us || !(ticket->tokens > 0))
        return;
    limit_move(&gate->flow->requests, 1, ticket->sent_us, out_us, now_us);
    limit_move(&gate->flow->tokens, ticket->tokens, ticket->sent_us, out_us, now_us);
    ticket->sent_us = out_us;
}

static void leave(struct gate *gate, struct gate_ticket *ticket, const struct gate_outcome *outcome,
                  uint64_t now_us)
{
    struct adapt *adapt = &gate->flow->adapt;
    double variance;
    ticket->inside = false;
    settle(gate, ticket, outcome);
    gate->in_flight--;
    gate->variance = gate->in_flight ? fmax(gate->variance - ticket->variance, 0) : 0;
    if (gate->share)
        share_flight(gate->share, gate->flow, -1, -ticket->variance);
    unsigned others = in_flight(gate, &variance);
    note_out(gate, ticket, outcome->out_us, now_us);
    switch (outcome->end) {
    case GATE_ANSWERED:
        learn(gate, ticket, outcome->usage, now_us);
        adapt_accepted(adapt, ticket->sent_us, others, now_us);
        break;
    case GATE_REFUSED:
        adapt_refused(adapt, ticket->sent_us, others, outcome->wait_us, now_us);
        ticket->kept = ticket->tokens;
        limit_refused(&gate->flow->requests, now_us);
        limit_refused(&gate->flow->tokens, now_us);
        ticket->refusals++;
        break;
    case GATE_FAILED:
    case GATE_LOST:
        adapt_lost(adapt, ticket->sent_us);
        break;
    }
    if (outcome->headers)
        report(gate, outcome->headers, now_us);
}

void gate_leave(struct gate *gate, struct gate_ticket *ticket, const struct gate_outcome *outcome,
                uint64_t now_us)
{
    if (!ticket->inside)
        return;
    now_us = lock(gate, now_us);
    leave(gate, ticket, outcome, now_us);
    unlock(gate);
}

enum model_hold gate_hold(const struct gate *gate, uint64_t now_us)
{
    bool now = gate->held_us && now_us - gate->held_us < SHOWN_US;
    return now || gate->waiting ? gate->hold : MODEL_HOLD_NONE;
}

/* The server has too much to do: throttled, unavailable, or Anthropic's word for it. */
static bool is_overload(const struct http_request *http)
{
    return http->end == HTTP_DONE &&
           (http->status == 429 || http->status == 503 || http->status == 529);
}

/* Was it not carried out, for all one can tell? Any status but a good one says so. */
static bool is_unbilled(const struct http_request *http)
{
    return http->end == HTTP_CONNECT || http->end == HTTP_TLS || http->end == HTTP_INVALID ||
           (http->end == HTTP_DONE && http->status / 100 != 2);
}

enum gate_end gate_end_of_failure(const struct http_request *http)
{
    if (is_overload(http))
        return GATE_REFUSED;
    return is_unbilled(http) ? GATE_FAILED : GATE_LOST;
}
