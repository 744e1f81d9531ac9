/* SPDX-License-Identifier: MIT */
#include "model/limit.h"

#include <math.h>
#include <string.h>

#define SLOT_US 100000
#define WINDOW_SLOTS 602     /* with the one that runs: a minute and up to 0.3 s more */
#define EVENLY 0.99          /* of the quota: calls do not reach the server evenly */
#define BRIM 0.995           /* of the quota, in a sliding minute */
#define AT_ONCE_US 1000000.0 /* so much of what is due later may go now */
#define MINUTE_US 60000000.0
#define OTHERS_LEAST 0.02 /* of the quota; less is noise */

void limit_init(struct limit *limit, double per_minute)
{
    *limit = (struct limit){.per_minute = per_minute, .configured = per_minute};
}

static void forget_old(struct limit *limit, uint64_t now_us)
{
    uint64_t slot = now_us / SLOT_US;
    if (slot <= limit->newest)
        return;
    if (slot - limit->newest >= LIMIT_SLOTS) {
        memset(limit->slots, 0, sizeof(limit->slots));
        limit->in_window = 0;
        limit->newest = slot;
        return;
    }
    while (limit->newest < slot) {
        limit->newest++;
        limit->slots[limit->newest % LIMIT_SLOTS] = 0;
        double *old = &limit->slots[(limit->newest - WINDOW_SLOTS - 1) % LIMIT_SLOTS];
        limit->in_window -= *old;
        *old = 0;
    }
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
static uint64_t until_gone(const struct limit *limit, double units, uint64_t now_us)
{
    uint64_t slot = limit->newest < WINDOW_SLOTS ? 0 : limit->newest - WINDOW_SLOTS;
    for (; slot < limit->newest; slot++) {
        units -= limit->slots[slot % LIMIT_SLOTS];
        if (units <= 0)
            break;
    }
    uint64_t at = (slot + WINDOW_SLOTS + 1) * SLOT_US;
    return at > now_us ? at - now_us : 1;
}

uint64_t limit_wait_us(struct limit *limit, double cost, double spare, uint64_t now_us)
{
    if (!(limit->per_minute > 0))
        return 0;
    forget_old(limit, now_us);
    double quota = share(limit, now_us), most = quota * BRIM - spare;
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

static double time_of(const struct limit *limit, double units, uint64_t now_us)
{
    return units / (share(limit, now_us) * EVENLY) * MINUTE_US;
}

void limit_add(struct limit *limit, double cost, uint64_t now_us)
{
    forget_old(limit, now_us);
    limit->slots[limit->newest % LIMIT_SLOTS] += cost;
    limit->in_window += cost;
    if (!(limit->per_minute > 0))
        return;
    if (limit->due_us < (double)now_us)
        limit->due_us = (double)now_us;
    limit->due_us += time_of(limit, cost, now_us);
}

void limit_correct(struct limit *limit, double more, uint64_t sent_us, uint64_t now_us)
{
    forget_old(limit, now_us);
    uint64_t slot = sent_us / SLOT_US;
    if (limit->newest - slot <= WINDOW_SLOTS) {
        limit->slots[slot % LIMIT_SLOTS] += more;
        limit->in_window += more;
    }
    if (limit->per_minute > 0)
        limit->due_us += time_of(limit, more, now_us);
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
