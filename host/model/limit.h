/* SPDX-License-Identifier: MIT */
/*
 * Limits on how fast calls may go. Pure: the clock is an argument, in microseconds that only grow,
 * and whoever calls brings the lock.
 *
 * A quota is so many units a minute: requests or tokens. Servers count in different ways (a bucket
 * that refills, a minute that slides, a minute by the clock), and do not say which; what is allowed
 * here satisfies all of them: units go out evenly, with a second's worth at once at most, and no
 * sliding minute holds more than the quota.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define LIMIT_SLOTS 2048 /* of 50 ms: a sliding minute and more, and a power of two */

struct limit {
    double per_minute; /* 0: none known, nothing is held back */
    double configured; /* what the server reports only lowers it; 0: it sets it */
    double others;     /* of a minute's units, used by someone else; as of others_us */
    uint64_t others_us;
    double mean;   /* of a call */
    double due_us; /* when what was sent until now would have gone out evenly */
    double slots[LIMIT_SLOTS], in_window;
    uint64_t newest, oldest; /* slots in the window */
    double margin_us;        /* by which calls stay in the window for longer than a minute */
    uint64_t margin_set_us;
    bool estimated; /* what calls cost is known only afterwards */
};

void limit_init(struct limit *limit, double per_minute, bool estimated);
/* 0 if `cost` units may go now, else for how long to wait before asking again. spare: what stays
 * free in the window, for what was sent may turn out to be more. */
uint64_t limit_wait_us(struct limit *limit, double cost, double spare, uint64_t now_us);
void limit_add(struct limit *limit, double cost, uint64_t now_us);
/* What was sent at sent_us turned out to be `more` (or fewer) units than were added. */
void limit_correct(struct limit *limit, double more, uint64_t sent_us, uint64_t now_us);
/* What was counted at from_us was sent only at to_us. */
void limit_move(struct limit *limit, double units, uint64_t from_us, uint64_t to_us,
                uint64_t now_us);
/* A call that went out at sent_us was refused: if the window was nearly full, the server takes
 * longer to forget than it does here, because calls reach it late. */
void limit_refused(struct limit *limit, uint64_t now_us);
/* What the server said: units a minute, and what is left of them; each NaN if it did not. */
void limit_report(struct limit *limit, double per_minute, double remaining, uint64_t now_us);

/*
 * For limits that nobody tells: calls in flight and calls a second, learned from what the server
 * refuses. Nothing is held back until it has refused several calls of few: `suspicion` is a
 * cumulative sum (Page's CUSUM test) that each refusal raises and each call sent lowers, so that
 * single refusals, whatever their share up to some per cent, leave everything as it is.
 *
 * Then, with as many calls in flight as were seen to be accepted, or more, too many ran at once:
 * the window becomes what was accepted, less a little, and grows again by steps whose distance
 * doubles as long as they are refused. If the next call is refused too, or with fewer in flight,
 * there were too many in a time: sending pauses, for as long as the server says or until a single
 * call is not refused, and goes on at the rate of the cycle that this ends: what was accepted since
 * the last resumption, over the whole time. However the server counts, that is what it gives in the
 * long run. It is lowered once in a cycle at most, and grows from there.
 */
struct adapt {
    double window; /* calls in flight; infinite: no limit */
    double refused_at;
    double peak, former_peak; /* most in flight with none refused, of this and the last spell */
    uint64_t spell_us;
    uint64_t grown_us;
    unsigned patience; /* log2 of the distance of steps */

    double pace; /* calls a second at paced_us; 0: no limit */
    uint64_t paced_us;
    double due_us;
    uint64_t cycle_us; /* its beginning, without the time when nobody wanted to send; 0: none yet */
    uint64_t sent_us;  /* the last call */
    double accepted;   /* in this cycle: sent and not refused */
    double former_accepted, former_seconds; /* of the cycle before */
    double refusal_us;                      /* how long a refusal takes, mean */
    uint64_t refused_us; /* last refusal that counted: calls sent before it tell nothing new */
    uint64_t resume_us;  /* nothing goes before */
    uint64_t probe_us;   /* when the call that tries whether it goes on was sent; 0: none */
    unsigned pauses;     /* in a row */
    bool recovering;     /* from the refusal until a call sent after it is not refused */
    bool by_rate;        /* what was refused */
    double suspicion;    /* refusals, less what calls that were sent meanwhile forgive */

    double recent_us, usual_us; /* latency, fast and slow mean */
    unsigned samples;
};

enum adapt_hold { ADAPT_GO, ADAPT_WINDOW, ADAPT_PACE, ADAPT_PAUSE };

void adapt_init(struct adapt *adapt);
/* May one more go, with in_flight running? *out_wait_us: when to ask again, for what time solves.
 */
enum adapt_hold adapt_ask(struct adapt *adapt, unsigned in_flight, uint64_t now_us,
                          uint64_t *out_wait_us);
void adapt_sent(struct adapt *adapt, uint64_t now_us);
/* A call has come back. others: calls in flight beside it. wait_us: what the server asked for, 0 if
 * nothing. lost: neither accepted nor refused. */
void adapt_accepted(struct adapt *adapt, uint64_t sent_us, unsigned others, uint64_t now_us);
void adapt_refused(struct adapt *adapt, uint64_t sent_us, unsigned others, uint64_t wait_us,
                   uint64_t now_us);
void adapt_lost(struct adapt *adapt, uint64_t sent_us);

/* What a reply's headers say of quotas; NaN where they say nothing. headers: "name: value\n", names
 * in lower case. */
struct limit_headers {
    double requests, requests_remaining;
    double tokens, tokens_remaining;
};
/* False if there is nothing in them. */
bool limit_headers_read(struct str headers, struct limit_headers *out);
