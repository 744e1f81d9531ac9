/* SPDX-License-Identifier: MIT */
#include "throttle.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#define SECOND 1000000.0
#define MINUTE_US 60000000u
#define REMEMBERED (1u << 16)

enum step { STEP_WANT, STEP_ARRIVE, STEP_REPLY, STEP_AWAY };

struct caller {
    struct gate_ticket ticket; /* first */
    enum step step;
    uint64_t at_us, out_us;
    unsigned attempts;
    int64_t prompt, completion;
    struct gate_outcome outcome;
    struct model_usage usage;
    struct limit_headers headers;
};

struct world {
    const struct throttle *rules;
    struct gate gate;
    struct caller *callers;
    uint64_t now_us, gate_us, random;
    /* the server */
    uint64_t *taken_us;
    double *taken_tokens;
    size_t first, count; /* ring of what was taken in the last minute */
    double requests_left, tokens_left;
    uint64_t refilled_us;
    unsigned at_once;
    double busy; /* call-seconds after the warm-up */
    struct throttled *out;
};

static double chance(struct world *w)
{
    w->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = w->random;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static uint64_t later(const struct world *w, double seconds)
{
    return w->now_us + 1 + (uint64_t)(seconds * SECOND);
}

/* What is left in this minute. */
static void count_minute(struct world *w, double *requests, double *tokens)
{
    const struct throttle *r = w->rules;
    uint64_t from = r->kind == THROTTLE_CLOCK ? w->now_us - w->now_us % MINUTE_US
                    : w->now_us > MINUTE_US   ? w->now_us - MINUTE_US
                                              : 0;
    while (w->count && w->taken_us[w->first % REMEMBERED] < from) {
        w->first++;
        w->count--;
    }
    *requests = r->requests - (double)w->count;
    *tokens = r->tokens;
    for (size_t i = w->first; i < w->first + w->count; i++)
        *tokens -= w->taken_tokens[i % REMEMBERED];
}

static void refill(struct world *w, double *requests, double *tokens)
{
    const struct throttle *r = w->rules;
    double minutes = (double)(w->now_us - w->refilled_us) / MINUTE_US;
    w->requests_left = fmin(w->requests_left + r->requests * minutes, r->requests * r->burst / 60);
    w->tokens_left = fmin(w->tokens_left + r->tokens * minutes, r->tokens * r->burst / 60);
    w->refilled_us = w->now_us;
    *requests = w->requests_left;
    *tokens = w->tokens_left;
}

static double wait_of(struct world *w, double requests, double tokens, double cost)
{
    const struct throttle *r = w->rules;
    if (r->kind == THROTTLE_CLOCK)
        return (double)(MINUTE_US - w->now_us % MINUTE_US) / SECOND;
    if (r->kind == THROTTLE_SLIDING && w->count)
        return (double)(w->taken_us[w->first % REMEMBERED] + MINUTE_US - w->now_us) / SECOND;
    double wait = 0.01;
    if (r->requests && requests < 1)
        wait = fmax(wait, (1 - requests) * 60 / r->requests);
    if (r->tokens && tokens < cost)
        wait = fmax(wait, (cost - tokens) * 60 / r->tokens);
    return wait;
}

static bool take(struct world *w, struct caller *c)
{
    const struct throttle *r = w->rules;
    double requests = 1e9, tokens = 1e9, cost = (double)(c->prompt + c->completion);
    if (r->sporadic > 0 && chance(w) < r->sporadic) {
        c->outcome.wait_us = r->tells_wait ? 1000000 : 0;
        return false;
    }
    if (r->kind == THROTTLE_NONE)
        return true;
    if (r->kind == THROTTLE_AT_ONCE) {
        c->outcome.wait_us = r->tells_wait ? 1000000 : 0;
        return w->at_once < r->most_at_once;
    }
    if (r->kind == THROTTLE_BUCKET)
        refill(w, &requests, &tokens);
    else
        count_minute(w, &requests, &tokens);
    bool ok = (!r->requests || requests >= 1) && (!r->tokens || tokens >= cost);
    if (ok) {
        w->taken_us[(w->first + w->count) % REMEMBERED] = w->now_us;
        w->taken_tokens[(w->first + w->count) % REMEMBERED] = cost;
        w->count += r->kind != THROTTLE_BUCKET;
        w->requests_left -= 1;
        w->tokens_left -= cost;
    } else if (r->tells_wait) {
        /* in whole seconds, as the header has it */
        c->outcome.wait_us = (uint64_t)ceil(wait_of(w, requests, tokens, cost)) * 1000000;
    }
    if (r->tells_limits) {
        c->headers = (struct limit_headers){r->requests ? r->requests : NAN, requests - ok,
                                            r->tokens ? r->tokens : NAN, tokens - ok * cost};
        c->outcome.headers = &c->headers;
    }
    return ok;
}

static void arrive(struct world *w, struct caller *c)
{
    bool counted = (double)w->now_us >= w->rules->warm_up * SECOND;
    c->outcome = (struct gate_outcome){.usage = &c->usage, .out_us = c->out_us};
    c->usage = (struct model_usage){.prompt_tokens = c->prompt, .completion_tokens = c->completion};
    c->step = STEP_REPLY;
    if (take(w, c)) {
        double seconds = w->rules->latency * (0.5 + chance(w));
        w->at_once++;
        c->outcome.end = GATE_ANSWERED;
        c->at_us = later(w, seconds);
        if (!counted)
            return;
        w->out->accepted++;
        w->out->tokens += (double)(c->prompt + c->completion);
        w->busy += fmin(seconds, w->rules->seconds - (double)w->now_us / SECOND);
    } else {
        c->outcome.end = GATE_REFUSED;
        c->at_us = later(w, 0.005 + 0.01 * chance(w));
        w->out->refused += counted;
    }
}

static void send(struct world *w, struct caller *c)
{
    c->step = STEP_ARRIVE;
    double late = w->rules->delay * chance(w);
    c->out_us = w->rules->delay_shown ? later(w, late) : 0;
    c->at_us = later(w, 0.001 + 0.02 * chance(w) + late);
}

static void enter(struct world *w, struct caller *c, bool again)
{
    uint64_t wait;
    c->step = STEP_AWAY;
    c->at_us = UINT64_MAX;
    if (gate_enter(&w->gate, &c->ticket, again, w->now_us, &wait))
        send(w, c);
    else if (wait && w->now_us + wait < w->gate_us)
        w->gate_us = w->now_us + wait;
}

static void pump(struct world *w)
{
    uint64_t wait = 0;
    struct gate_ticket *ticket;
    while (w->gate.waiting && (ticket = gate_next(&w->gate, w->now_us, &wait)))
        send(w, (struct caller *)ticket);
    if (wait && w->now_us + wait < w->gate_us)
        w->gate_us = w->now_us + wait;
}

static void want(struct world *w, struct caller *c)
{
    const struct throttle *r = w->rules;
    bool again = c->attempts > 0;
    if (!again) {
        double span = (double)(r->most_tokens - r->least_tokens);
        int64_t tokens = r->least_tokens + (int64_t)(chance(w) * span);
        c->prompt = tokens / 2;
        if (r->sizes_hidden)
            tokens = r->least_tokens + (int64_t)(chance(w) * span);
        c->completion = tokens > c->prompt ? tokens - c->prompt : 1;
        c->ticket = (struct gate_ticket){
            .bytes = r->sizes_hidden ? 4000 : (size_t)(c->prompt * 4),
        };
    }
    enter(w, c, again);
}

static void reply(struct world *w, struct caller *c)
{
    bool answered = c->outcome.end == GATE_ANSWERED;
    gate_leave(&w->gate, &c->ticket, &c->outcome, w->now_us);
    w->at_once -= answered;
    c->step = STEP_WANT;
    if (answered) {
        c->attempts = 0;
        c->at_us = w->now_us;
    } else {
        double asked = (double)c->outcome.wait_us / SECOND;
        double backoff = fmin(ldexp(1, (int)c->attempts++), 60) * chance(w);
        c->at_us = later(w, asked > 0 ? asked + chance(w) * fmin(2, asked / 10) : backoff);
    }
    pump(w);
}

/* The next that happens; false at the end. */
static bool advance(struct world *w)
{
    struct caller *next = &w->callers[0];
    for (unsigned i = 1; i < w->rules->callers; i++) {
        if (w->callers[i].at_us < next->at_us)
            next = &w->callers[i];
    }
    uint64_t at = next->at_us < w->gate_us ? next->at_us : w->gate_us;
    if ((double)at > w->rules->seconds * SECOND)
        return false;
    w->now_us = at > w->now_us ? at : w->now_us;
    if (w->gate_us <= next->at_us) {
        w->gate_us = UINT64_MAX;
        pump(w);
        return true;
    }
    if (next->step == STEP_WANT)
        want(w, next);
    else if (next->step == STEP_ARRIVE)
        arrive(w, next);
    else
        reply(w, next);
    return true;
}

void throttle_run(const struct throttle *world, const struct gate_limits *known,
                  struct throttled *out)
{
    struct world w = {.rules = world, .random = world->seed, .gate_us = UINT64_MAX, .out = out};
    double minutes = (world->seconds - world->warm_up) / 60;
    *out = (struct throttled){0};
    w.now_us = w.refilled_us = 1;
    gate_init(&w.gate, known);
    w.callers = mem_array(world->callers, sizeof(*w.callers));
    w.taken_us = mem_array(REMEMBERED, sizeof(*w.taken_us));
    w.taken_tokens = mem_array(REMEMBERED, sizeof(*w.taken_tokens));
    w.requests_left = world->requests * world->burst / 60;
    w.tokens_left = world->tokens * world->burst / 60;
    while (advance(&w))
        continue;
    if (world->most_at_once)
        out->used = w.busy / (world->most_at_once * minutes * 60);
    if (world->kind == THROTTLE_NONE)
        out->used = w.busy / (world->callers * minutes * 60);
    if (world->requests)
        out->used = (double)out->accepted / (world->requests * minutes);
    if (world->tokens)
        out->used = fmax(out->used, out->tokens / (world->tokens * minutes));
    mem_free(w.callers);
    mem_free(w.taken_us);
    mem_free(w.taken_tokens);
}
