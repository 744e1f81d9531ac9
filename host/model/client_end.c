/* SPDX-License-Identifier: MIT */
/* How the calls of a model end before their time. */
#include <stddef.h>

#include "model/client_internal.h"

/* What only waits ends. */
static void drain(struct loop_task *task)
{
    struct model *model = (struct model *)((char *)task - offsetof(struct model, drain_task));
    pthread_mutex_lock(&model->lock);
    for (struct exchange *x = model->live, *next; x; x = next) {
        next = x->next;
        if (x->state != QUEUED && x->state != WAITING)
            continue;
        loop_timer_destroy(x->timer);
        x->timer = NULL;
        x->state = BUSY;
        client_end_cancelled(x);
    }
    gate_clear(&model->gate);
    pthread_mutex_unlock(&model->lock);
}

static struct exchange *find_sent(struct model *model)
{
    struct exchange *sent = NULL;
    for (struct exchange *x = model->live; x; x = x->next) {
        if (x->state != SENT)
            continue;
        x->next_sent = sent;
        sent = x;
    }
    return sent;
}

static void cancel_sent(struct loop_task *task)
{
    struct model *model = (struct model *)((char *)task - offsetof(struct model, cancel_task));
    pthread_mutex_lock(&model->lock);
    struct exchange *sent = find_sent(model);
    pthread_mutex_unlock(&model->lock);
    while (sent) {
        struct exchange *next = sent->next_sent;
        http_cancel(model->http, &sent->http);
        sent = next;
    }
    if (model->auth)
        auth_cancel(model->auth);
}

/* With the lock held. */
static void close_door(struct model *model)
{
    bool first = !model->closed && !model->answer;
    model->closed = true;
    if (!first)
        return;
    model->drain_task.fn = drain;
    loop_post(model->loop, &model->drain_task);
}

void model_drain(struct model *model)
{
    pthread_mutex_lock(&model->lock);
    close_door(model);
    pthread_mutex_unlock(&model->lock);
}

void model_cancel(struct model *model)
{
    pthread_mutex_lock(&model->lock);
    bool first = !model->cancelled && !model->answer;
    close_door(model);
    model->cancelled = true;
    if (first) {
        model->cancel_task.fn = cancel_sent;
        loop_post(model->loop, &model->cancel_task);
    }
    pthread_mutex_unlock(&model->lock);
}
