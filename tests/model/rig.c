/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void open_threads(struct rig *rig)
{
    struct err err = {0};
    *rig = (struct rig){.loop = loop_start(&err)};
    assert_non_null(rig->loop);
    rig->http = http_client_create(rig->loop, 64, &err);
    assert_non_null(rig->http);
    rig->pool = pool_create(3, "worker", 0);
}

void rig_open(struct rig *rig, const char *config, uint16_t port)
{
    struct err err = {0};
    char number[8];
    CLEANUP_BUF struct buf text = {0};
    struct str rest = str_of(config);
    snprintf(number, sizeof(number), "%u", port);
    while (rest.ptr) {
        buf_str(&text, str_cut(&rest, '%'));
        if (rest.ptr) {
            buf_text(&text, number);
            rest = (struct str){rest.ptr + 1, rest.len - 1};
        }
    }
    CLEANUP_JSON struct json *json = json_parse(buf_view(&text), &err);
    open_threads(rig);
    if (!json || model_open(json, rig->http, rig->loop, rig->pool, &rig->model, &err))
        fail_msg("%s", err.text);
}

void rig_open_local(struct rig *rig, model_answer_fn *fn, void *arg)
{
    open_threads(rig);
    rig->model = model_open_local(fn, arg, rig->pool);
}

void rig_close(struct rig *rig)
{
    model_close(rig->model);
    pool_destroy(rig->pool);
    http_client_destroy(rig->http);
    loop_stop(rig->loop);
}

static void on_done(struct model_call *model_call)
{
    struct rig_call *call = (struct rig_call *)model_call;
    pthread_mutex_lock(&call->lock);
    call->done = true;
    pthread_cond_signal(&call->changed);
    pthread_mutex_unlock(&call->lock);
}

void rig_send(struct rig *rig, struct rig_call *call, const char *text)
{
    memset(call, 0, sizeof(*call));
    pthread_mutex_init(&call->lock, NULL);
    pthread_cond_init(&call->changed, NULL);
    call->message = (struct message){.role = STR("user"), .content = str_of(text)};
    call->call.request = (struct model_request){
        .messages = &call->message,
        .count = 1,
        .temperature = NAN,
    };
    call->call.arena = &call->arena;
    call->call.done = on_done;
    call->call.deadline_us = rig->deadline_us;
    model_send(rig->model, &call->call);
}

const struct model_reply *rig_wait(struct rig_call *call)
{
    pthread_mutex_lock(&call->lock);
    while (!call->done)
        pthread_cond_wait(&call->changed, &call->lock);
    pthread_mutex_unlock(&call->lock);
    return &call->call.reply;
}

bool rig_is_done(struct rig_call *call)
{
    pthread_mutex_lock(&call->lock);
    bool done = call->done;
    pthread_mutex_unlock(&call->lock);
    return done;
}

void rig_call_clear(struct rig_call *call)
{
    arena_clear(&call->arena);
    pthread_cond_destroy(&call->changed);
    pthread_mutex_destroy(&call->lock);
}
