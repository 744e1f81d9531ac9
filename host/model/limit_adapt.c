/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "model/limit.h"

#define SPELL_US 10000000u /* how long a peak is remembered, at least */
#define BACK 0.95          /* of the peak, after a refusal */
#define NEARLY 0.9         /* of the peak is as many as ever */
#define STEP_US 500000u    /* between two steps of the window */
#define PATIENCE_MAX 6     /* 32 s */
#define PAUSE_US 250000u   /* the first one, where the server says nothing */
#define PAUSE_MAX_US 2000000u
#define CYCLE_US 5000000u  /* shorter ones are taken together */
#define FEW 32.0           /* calls of a cycle say little of a rate: the former one counts too */
#define BELOW 0.9          /* of the rate that was given, to begin with */
#define GROWTH 0.02        /* of the pace, a second */
#define GROWTH_SQUARE 0.01 /* of it, a second squared */
#define IDLE_US 1000000.0  /* longer without a call, and none was wanted */
#define AT_ONCE_US 250000.0
#define REFUSAL_US 50000.0
#define FAST (1.0 / 32)
#define SLOW (1.0 / 512)
#define SAMPLES_LEAST 64
#define SLOWER 3.0 /* so many times the usual latency is congestion */
#define WINDOW_LEAST 4.0
#define FORGIVEN 0.25 /* of a refusal, by each call that is sent */
#define EVIDENCE 4.0  /* refusals that nothing forgave: the server is at a limit */

void adapt_init(struct adapt *adapt)
{
    *adapt = (struct adapt){.window = INFINITY, .refusal_us = REFUSAL_US};
}

static double pace_now(const struct adapt *adapt, uint64_t now_us)
{
    double seconds = (double)(now_us - adapt->paced_us) / 1e6;
    return adapt->pace * (1 + GROWTH * seconds + GROWTH_SQUARE * seconds * seconds);
}

/* A call that was sent after the refusal has not been refused: what the server gives is known. */
static void resume(struct adapt *adapt, uint64_t now_us)
{
    double seconds = (double)(now_us - adapt->cycle_us) / 1e6;
    adapt->recovering = false;
    adapt->pauses = 0;
    if (!adapt->by_rate || !(seconds > 0) || !(adapt->accepted > 0))
        return;
    if (adapt->pace > 0 && seconds * 1e6 < CYCLE_US) {
        /* Once in a cycle is often enough to slow down; only the growth begins anew. */
        adapt->pace = pace_now(adapt, now_us);
        adapt->paced_us = now_us;
        return;
    }
    bool few = adapt->accepted < FEW;
    double accepted = adapt->accepted + (few ? adapt->former_accepted : 0);
    double taken = seconds + (few ? adapt->former_seconds : 0);
    adapt->pace = BELOW * accepted / taken;
    adapt->paced_us = now_us;
    adapt->due_us = (double)now_us + AT_ONCE_US; /* nothing has been saved up */
    if (seconds * 1e6 < CYCLE_US)
        return;
    adapt->former_accepted = accepted;
    adapt->former_seconds = taken;
    adapt->cycle_us = now_us;
    adapt->accepted = 0;
}

/* A refusal would be here by now. */
static uint64_t verdict_us(const struct adapt *adapt)
{
    return adapt->probe_us + (uint64_t)(3 * adapt->refusal_us) + 50000;
}

enum adapt_hold adapt_ask(struct adapt *adapt, unsigned in_flight, uint64_t now_us,
                          uint64_t *out_wait_us)
{
    *out_wait_us = 0;
    if (adapt->recovering && adapt->probe_us && now_us >= verdict_us(adapt))
        resume(adapt, now_us);
    if (now_us < adapt->resume_us) {
        *out_wait_us = adapt->resume_us - now_us;
        return ADAPT_PAUSE;
    }
    if (adapt->recovering && adapt->by_rate && adapt->probe_us) {
        *out_wait_us = verdict_us(adapt) - now_us;
        return ADAPT_PAUSE;
    }
    if (in_flight >= adapt->window)
        return ADAPT_WINDOW;
    double ahead = adapt->due_us - (double)now_us;
    if (adapt->pace > 0 && ahead > AT_ONCE_US) {
        *out_wait_us = (uint64_t)ceil(ahead - AT_ONCE_US);
        return ADAPT_PACE;
    }
    return ADAPT_GO;
}

/* Time in which nobody wanted to send says nothing of what the server gives. */
static void skip_idle(struct adapt *adapt, uint64_t now_us)
{
    uint64_t since = adapt->sent_us > adapt->cycle_us ? adapt->sent_us : adapt->cycle_us;
    double gap = (double)(now_us - since);
    double usual = adapt->pace > 0 ? 2e6 / pace_now(adapt, now_us) : 0;
    if (adapt->sent_us && !adapt->recovering && gap > IDLE_US && gap > usual)
        adapt->cycle_us += now_us - since;
    adapt->sent_us = now_us;
}

void adapt_sent(struct adapt *adapt, uint64_t now_us)
{
    skip_idle(adapt, now_us);
    if (!adapt->cycle_us)
        adapt->cycle_us = now_us;
    if (adapt->recovering && !adapt->probe_us)
        adapt->probe_us = now_us;
    adapt->accepted++;
    adapt->suspicion = fmax(adapt->suspicion - FORGIVEN, 0);
    if (!(adapt->pace > 0))
        return;
    if (adapt->due_us < (double)now_us)
        adapt->due_us = (double)now_us;
    adapt->due_us += 1e6 / pace_now(adapt, now_us);
}

static double peak(const struct adapt *adapt)
{
    return adapt->peak > adapt->former_peak ? adapt->peak : adapt->former_peak;
}

static void note_peak(struct adapt *adapt, unsigned in_flight, uint64_t now_us)
{
    if (now_us - adapt->spell_us > SPELL_US) {
        adapt->former_peak = adapt->peak;
        adapt->peak = 0;
        adapt->spell_us = now_us;
    }
    /* Some may be on their way to a refusal. */
    if (adapt->recovering || (double)(now_us - adapt->sent_us) < 2 * adapt->refusal_us)
        return;
    if (in_flight > adapt->peak)
        adapt->peak = in_flight;
}

static void shrink(struct adapt *adapt, double to, uint64_t now_us)
{
    to = to < 1 ? 1 : ceil(to);
    if (to < adapt->window)
        adapt->window = to;
    adapt->grown_us = now_us;
}

/* Grows only when it is what holds calls back. */
static void grow(struct adapt *adapt, unsigned in_flight, uint64_t now_us)
{
    if (isinf(adapt->window) || in_flight + 1 < adapt->window || adapt->recovering ||
        now_us - adapt->grown_us < (uint64_t)STEP_US << adapt->patience)
        return;
    adapt->window += 1 + floor(adapt->window / 20);
    adapt->grown_us = now_us;
    if (adapt->window > adapt->refused_at * 1.2 + 1)
        adapt->patience = 0;
}

/* Replies that take several times as long as usual: the server queues them. */
static void note_latency(struct adapt *adapt, double latency_us, unsigned in_flight,
                         uint64_t now_us)
{
    if (adapt->samples < SAMPLES_LEAST) {
        adapt->samples++;
        adapt->usual_us += (latency_us - adapt->usual_us) / adapt->samples;
        adapt->recent_us = adapt->usual_us;
        return;
    }
    adapt->usual_us += (latency_us - adapt->usual_us) * SLOW;
    adapt->recent_us += (latency_us - adapt->recent_us) * FAST;
    if (adapt->recent_us < SLOWER * adapt->usual_us)
        return;
    double to = in_flight * 0.8;
    shrink(adapt, to > WINDOW_LEAST ? to : WINDOW_LEAST, now_us);
    adapt->recent_us = adapt->usual_us; /* the next verdict is on calls to come */
}

static bool end_probe(struct adapt *adapt, uint64_t sent_us)
{
    bool probe = adapt->probe_us && sent_us >= adapt->probe_us;
    if (probe)
        adapt->probe_us = 0;
    return probe;
}

void adapt_accepted(struct adapt *adapt, uint64_t sent_us, unsigned others, uint64_t now_us)
{
    end_probe(adapt, sent_us);
    if (adapt->recovering && sent_us >= adapt->refused_us)
        resume(adapt, now_us);
    note_peak(adapt, others + 1, now_us);
    grow(adapt, others + 1, now_us);
    note_latency(adapt, (double)(now_us - sent_us), others + 1, now_us);
}

static void pause_until(struct adapt *adapt, uint64_t at_us)
{
    if (at_us > adapt->resume_us)
        adapt->resume_us = at_us;
}

static void too_fast(struct adapt *adapt, uint64_t wait_us, uint64_t now_us)
{
    uint64_t pause = (uint64_t)PAUSE_US << (adapt->pauses < 8 ? adapt->pauses : 8);
    if (!wait_us)
        pause_until(adapt, now_us + (pause < PAUSE_MAX_US ? pause : PAUSE_MAX_US));
    adapt->pauses++;
}

/* True if refusals have come so close together that they are more than single ones, which busy
 * and broken servers give whatever is sent. */
static bool is_limit(struct adapt *adapt)
{
    adapt->suspicion += 1 + FORGIVEN;
    if (adapt->suspicion < EVIDENCE)
        return false;
    adapt->suspicion = 0;
    return true;
}

/* Of calls sent together the refused come back first: what remains was accepted. */
static double accepted_at_once(unsigned others, double most)
{
    return others > most ? others : most;
}

/* Too many in a time, or too many at once? */
static bool is_by_rate(const struct adapt *adapt, unsigned others, double most)
{
    bool held = !isinf(adapt->window) || adapt->pace > 0;
    /* No fewer at once than are allowed already would have been accepted. */
    bool useless = ceil(accepted_at_once(others, most) * BACK) >= adapt->window;
    return others == 0 || others < NEARLY * most || (held && others + 1 < NEARLY * adapt->window) ||
           useless;
}

void adapt_refused(struct adapt *adapt, uint64_t sent_us, unsigned others, uint64_t wait_us,
                   uint64_t now_us)
{
    bool fresh = !adapt->refused_us || sent_us >= adapt->refused_us;
    bool news = fresh && (is_limit(adapt) || adapt->recovering);
    double most = peak(adapt);
    end_probe(adapt, sent_us);
    adapt->refusal_us += ((double)(now_us - sent_us) - adapt->refusal_us) / 8;
    if (sent_us >= adapt->cycle_us && adapt->accepted > 0)
        adapt->accepted--;
    if (wait_us && (news || adapt->recovering))
        pause_until(adapt, now_us + wait_us);
    if (news) {
        adapt->by_rate = adapt->recovering || is_by_rate(adapt, others, most);
        adapt->refused_us = now_us;
        adapt->recovering = true;
        adapt->probe_us = 0;
        if (adapt->by_rate)
            too_fast(adapt, wait_us, now_us);
    }
    if (adapt->by_rate || !(news || adapt->recovering))
        return;
    if (news) {
        adapt->refused_at = others + 1;
        adapt->patience += adapt->patience < PATIENCE_MAX;
    }
    shrink(adapt, accepted_at_once(others, most) * (news ? BACK : 1), now_us);
}

void adapt_lost(struct adapt *adapt, uint64_t sent_us)
{
    end_probe(adapt, sent_us);
}
