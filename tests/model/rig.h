/* SPDX-License-Identifier: MIT */
/* A model with everything around it, and calls that are waited for. */
#pragma once

#include <pthread.h>

#include "model/model.h"

struct rig {
    struct loop *loop;
    struct http_client *http;
    struct pool *pool;
    struct model *model;
    uint64_t deadline_us; /* of the calls that rig_send sends; 0: none */
};

/* config: the preset as JSON text; %u stands for the port. Fails the test if it is refused. */
void rig_open(struct rig *rig, const char *config, uint16_t port);
void rig_open_local(struct rig *rig, model_answer_fn *fn, void *arg);
void rig_close(struct rig *rig);

struct rig_call {
    struct model_call call; /* first */
    struct arena arena;
    struct message message;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

/* A call with one user message. */
void rig_send(struct rig *rig, struct rig_call *call, const char *text);
/* The reply, after waiting for it. */
const struct model_reply *rig_wait(struct rig_call *call);
bool rig_is_done(struct rig_call *call);
void rig_call_clear(struct rig_call *call);
