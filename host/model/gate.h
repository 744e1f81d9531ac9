/* SPDX-License-Identifier: MIT */
/*
 * Before a call goes out it enters here, and it leaves when it has come back: each attempt is one
 * passage. Calls that must wait stand in a line per role; the lines take turns by what they have
 * used, so that a flood of rollouts does not starve the writer. Whoever calls brings the lock, and
 * the clock (microseconds).
 */
#pragma once

#include "model/budget.h"
#include "model/limit.h"
#include "model/model.h"
#include "model/share.h"

#define GATE_ROLES 3

struct gate_ticket {
    enum model_role role;
    bool inside;
    bool over;            /* it does not fit the budget: it is out, but never was inside */
    bool late;            /* its deadline has come: likewise */
    size_t bytes;         /* of the request */
    int64_t reply_most;   /* tokens */
    uint64_t deadline_us; /* it waits no longer; 0: none */

    struct gate_ticket *next;
    unsigned refusals;
    unsigned passed; /* by smaller ones, when it was the first of its line */
    struct budget_use claim;
    double tokens;   /* estimated */
    double kept;     /* of them, in the quota for when it comes again: it was refused */
    double variance; /* of the estimate */
    uint64_t sent_us;
};

struct gate_line {
    struct gate_ticket *first, **last;
    double used; /* share of the quotas, in calls */
};

struct gate {
    struct budget *budget;        /* NULL: none */
    double most_in_flight;        /* 0: learned */
    struct share_flow own, *flow; /* the latter is the former, or one that processes share */
    struct share *share;          /* of the flow; NULL: it is this gate's own */
    struct gate_line lines[GATE_ROLES];
    struct gate_ticket *late; /* out of their lines, and not yet given by gate_next */
    uint64_t deadline_us;     /* the first of those that wait, or earlier; 0: none */
    unsigned in_flight, waiting;
    double prompt_bytes, prompt_tokens;                     /* recent means, as those below */
    double reply_tokens[GATE_ROLES], variances[GATE_ROLES]; /* the latter of whole calls */
    double variance; /* of the estimates of all calls inside */
    uint64_t replies[GATE_ROLES], prompts;
    enum model_hold hold; /* what a call had to wait for last */
    uint64_t held_us;
};

struct gate_limits {
    double in_flight, requests_per_minute, tokens_per_minute; /* 0: unknown */
};

void gate_init(struct gate *gate, const struct gate_limits *limits);
/* Before the first call: limits hold together with those of other processes that have the same
 * key. */
void gate_set_share(struct gate *gate, struct share *share, uint64_t key);
/* True: it is inside and goes out now, or over the budget. Otherwise it waits, in front of its line
 * if it was inside before, and gate_next gives it: *out_wait_us says when to ask, 0 if that has
 * been said already or only a call that comes back can change things. */
bool gate_enter(struct gate *gate, struct gate_ticket *ticket, bool again, uint64_t now_us,
                uint64_t *out_wait_us);
/* The next that may go, which is inside then, or whose deadline has come; NULL if there is none. */
struct gate_ticket *gate_next(struct gate *gate, uint64_t now_us, uint64_t *out_wait_us);
/* All that wait are forgotten. */
void gate_clear(struct gate *gate);

enum gate_end {
    GATE_ANSWERED,
    GATE_REFUSED, /* the server has too much to do */
    GATE_FAILED,  /* in another way, and it was not carried out */
    GATE_LOST,    /* maybe it was carried out, but there is no reply */
};

/* Which of the last three an exchange without an answer was. */
enum gate_end gate_end_of_failure(const struct http_request *http);

struct gate_outcome {
    enum gate_end end;
    uint64_t out_us;                     /* when it went out; 0: as soon as it was inside */
    uint64_t wait_us;                    /* GATE_REFUSED: what the server asked for */
    const struct model_usage *usage;     /* GATE_ANSWERED */
    const struct limit_headers *headers; /* or NULL */
};
void gate_leave(struct gate *gate, struct gate_ticket *ticket, const struct gate_outcome *outcome,
                uint64_t now_us);
/* What holds calls back now. */
enum model_hold gate_hold(const struct gate *gate, uint64_t now_us);
