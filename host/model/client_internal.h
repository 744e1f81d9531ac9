/* SPDX-License-Identifier: MIT */
/* What client.c (a call's way), client_reply.c (what became of it) and client_end.c (calls that are
 * cancelled) share. */
#pragma once

#include <pthread.h>

#include "model/auth.h"
#include "model/gate.h"
#include "model/model.h"
#include "model/wire.h"

enum state {
    QUEUED,  /* at the gate */
    BUSY,    /* in the hands of one thread */
    SENT,    /* in those of the HTTP client */
    WAITING, /* for its timer */
};

struct exchange {
    struct http_request http; /* first: done gets a pointer to it */
    struct loop_task task;
    struct model *model;
    struct model_call *call;
    struct exchange *previous, *next; /* of all that live */
    struct exchange *next_sent;       /* while all are cancelled */
    struct gate_ticket ticket;
    struct gate_outcome outcome; /* of the last attempt */
    struct limit_headers headers;
    struct loop_timer *timer; /* loop thread */
    enum state state;
    unsigned attempts;
    uint64_t delay_ms;
    uint64_t successes_before;
    struct buf body;         /* empty while it is not needed */
    struct auth_waiter auth; /* with a token that has to be fetched */
    bool second_token;
};

struct model {
    struct chat_config config;
    struct buf identity;
    struct auth *auth; /* NULL: the key is in the headers */
    struct http_client *http;
    struct loop *loop;
    struct pool *pool;
    model_answer_fn *answer; /* of a model in process, else NULL */
    void *answer_arg;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct exchange *live;
    struct gate gate;
    struct loop_timer *gate_timer; /* loop thread */
    struct loop_task gate_task;
    uint64_t gate_us; /* when the gate is to be asked again; 0: when a call has come back */
    bool gate_posted; /* the task that sets the timer is on its way */
    bool closed;      /* nothing is sent any more */
    bool cancelled;   /* and what was sent is given up */
    bool flushed;     /* the loop thread is through with this model */
    struct loop_task drain_task, cancel_task, flush_task;
    uint64_t warned_us;
    uint64_t successes; /* atomic */
    size_t bodies;      /* atomic: that are kept */
};

static inline uint64_t successes(const struct model *model)
{
    return __atomic_load_n(&model->successes, __ATOMIC_RELAXED);
}

/* True when the reply is an answer, which is in the call then. Otherwise the failure and what is to
 * be said of it. */
bool client_read_reply(struct exchange *x, struct failure *out, struct buf *text);

/* It is in no list of what waits, and BUSY. Any thread, the lock held or not. */
void client_end_cancelled(struct exchange *x);
