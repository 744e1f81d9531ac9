/* SPDX-License-Identifier: MIT */
#include "model/limit.h"

#include <math.h>
#include <string.h>

#define SLOT_US 50000
#define MINUTE_US 60000000.0
#define MARGIN_LEAST_US 200000.0
#define MARGIN_MOST_US 1500000.0
#define MARGIN_STEP_US 200000.0 /* for each refusal */
#define MARGIN_KEPT 0.95        /* of the margin, after a minute without one */
#define FULL 0.9                /* of the quota; at less it is not the edge that matters */
#define BRIM 0.005              /* of the quota, stays free in a sliding minute */
#define EVENLY 0.99             /* of the quota: calls do not reach the server evenly */
#define LARGE 0.006             /* of the quota: calls beyond are large */
#define HASTE 25.0              /* of what a call is beyond that, is it quicker */
#define HASTE_MOST 0.30
#define LONGEST_US 86400e6
#define AT_ONCE_US 1000000.0 /* so much of what is due later may go now */
#define OTHERS_LEAST 0.02    /* of the quota; less is noise */

void limit_init(struct limit *limit, double per_minute, bool estimated)
{
    *limit = (struct limit){
        .per_minute = per_minute,
        .configured = per_minute,
        .estimated = estimated,
        .margin_us = MARGIN_LEAST_US,
    };
}

static uint64_t window_slots(struct limit *limit, uint64_t now_us)
{
    if (limit->margin_us > MARGIN_LEAST_US) {
        double minutes = (double)(now_us - limit->margin_set_us) / MINUTE_US;
        limit->margin_us = fmax(limit->margin_us * pow(MARGIN_KEPT, minutes), MARGIN_LEAST_US);
        limit->margin_set_us = now_us;
    }
    return (uint64_t)((MINUTE_US + limit->margin_us) / SLOT_US) + 1;
}

static void forget_old(struct limit *limit, uint64_t now_us)
{
    uint64_t slot = now_us / SLOT_US, window = window_slots(limit, now_us);
    if (slot < limit->newest)
        slot = limit->newest;
    uint64_t oldest = slot > window ? slot - window : 0;
    for (; limit->oldest < oldest && limit->oldest <= limit->newest; limit->oldest++) {
        double *old = &limit->slots[limit->oldest % LIMIT_SLOTS];
        limit->in_window -= *old;
        *old = 0;
    }
    if (limit->oldest < oldest)
        limit->oldest = oldest;
    limit->newest = slot;
    if (limit->in_window < 1e-6)
        limit->in_window = 0;
}

/* What is left of the quota beside others who use the same key; theirs leaves the minute too. */
static double share(const struct limit *limit, uint64_t now_us)
{
    double age = (double)(now_us - limit->others_us) / MINUTE_US;
    double others = age < 1 ? limit->others * (1 - age) : 0;
    double least = limit->per_minute / 20;
    double left = limit->per_minute - others;
    return left > least ? left : least;
}

/* Until so many units have left the window. */
static uint64_t until_gone(struct limit *limit, double units, uint64_t now_us)
{
    uint64_t slot = limit->oldest;
    for (; slot < limit->newest; slot++) {
        units -= limit->slots[slot % LIMIT_SLOTS];
        if (units <= 0)
            break;
    }
    uint64_t at = (slot + window_slots(limit, now_us) + 1) * SLOT_US;
    return at > now_us ? at - now_us : 1;
}

uint64_t limit_wait_us(struct limit *limit, double cost, double spare, uint64_t now_us)
{
    if (!(limit->per_minute > 0))
        return 0;
    forget_old(limit, now_us);
    double quota = share(limit, now_us), most = quota - fmax(quota * BRIM, spare);
    double ahead = limit->due_us - (double)now_us;
    /* At a low rate a second is less than one call. */
    uint64_t wait = ahead > AT_ONCE_US ? (uint64_t)ceil(ahead - AT_ONCE_US) : 0;
    /* A call larger than the quota waits for an empty window. */
    double over = limit->in_window + cost - fmax(most, 0);
    if (over > 0 && limit->in_window > 0) {
        double gone = over < limit->in_window ? over : limit->in_window;
        uint64_t other = until_gone(limit, gone, now_us);
        wait = wait > other ? wait : other;
    }
    return wait;
}

/* Large calls wait for room in the window, and may then turn out to be smaller: there is time to
 * make up for. A server whose bucket holds a few seconds' worth takes none so large. */
static double time_of(const struct limit *limit, double units, uint64_t now_us)
{
    double quota = share(limit, now_us);
    double large = limit->estimated ? fmax(limit->mean / quota - LARGE, 0) : 0;
    double haste = fmin(HASTE * large, HASTE_MOST);
    double us = units / (quota * (EVENLY + haste)) * MINUTE_US;
    return fmin(us, LONGEST_US); /* servers name any number as their quota */
}

void limit_add(struct limit *limit, double cost, uint64_t now_us)
{
    forget_old(limit, now_us);
    limit->slots[limit->newest % LIMIT_SLOTS] += cost;
    limit->in_window += cost;
    if (!(limit->per_minute > 0))
        return;
    limit->mean += (cost - limit->mean) * (limit->mean > 0 ? 1.0 / 64 : 1);
    if (limit->due_us < (double)now_us)
        limit->due_us = (double)now_us;
    limit->due_us += time_of(limit, cost, now_us);
}

static void add_at(struct limit *limit, double units, uint64_t at_us)
{
    uint64_t slot = at_us / SLOT_US;
    if (slot < limit->oldest || slot > limit->newest)
        return;
    limit->slots[slot % LIMIT_SLOTS] += units;
    limit->in_window += units;
}

void limit_move(struct limit *limit, double units, uint64_t from_us, uint64_t to_us,
                uint64_t now_us)
{
    forget_old(limit, now_us);
    add_at(limit, -units, from_us);
    add_at(limit, units, to_us);
}

void limit_correct(struct limit *limit, double more, uint64_t sent_us, uint64_t now_us)
{
    forget_old(limit, now_us);
    add_at(limit, more, sent_us);
    if (limit->per_minute > 0)
        limit->due_us += time_of(limit, more, now_us);
}

void limit_refused(struct limit *limit, uint64_t now_us)
{
    forget_old(limit, now_us);
    if (!(limit->per_minute > 0) || limit->in_window < FULL * share(limit, now_us))
        return;
    limit->margin_us = fmin(limit->margin_us + MARGIN_STEP_US, MARGIN_MOST_US);
    limit->margin_set_us = now_us;
}

void limit_report(struct limit *limit, double per_minute, double remaining, uint64_t now_us)
{
    if (per_minute > 0) {
        bool lower = limit->configured > 0 && limit->configured < per_minute;
        limit->per_minute = lower ? limit->configured : per_minute;
    }
    if (!(limit->per_minute > 0) || !(remaining >= 0) || !(per_minute > 0))
        return;
    forget_old(limit, now_us);
    double others = per_minute - limit->in_window - remaining;
    double age = (double)(now_us - limit->others_us) / MINUTE_US;
    double before = age < 1 ? limit->others * (1 - age) : 0;
    if (others < per_minute * OTHERS_LEAST)
        others = 0;
    limit->others = limit->others_us ? 0.75 * before + 0.25 * others : others;
    limit->others_us = now_us;
}
