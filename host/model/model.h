/* SPDX-License-Identifier: MIT */
/*
 * A model behind a preset. Calls are asynchronous: model_send returns at once, done runs on a
 * worker. Retries, limits and the wire format are inside; a reply is either an answer or, for
 * good, an error.
 */
#pragma once

#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "io/http.h"
#include "io/pool.h"
#include "model/message.h"

enum model_role { MODEL_EXECUTOR, MODEL_WRITER, MODEL_JUDGE };
const char *model_role_name(enum model_role role);

struct model_request {
    const struct message *messages; /* borrowed until done */
    size_t count;
    struct str tools;       /* JSON array {"name", "description", "parameters"}, or empty */
    struct str tool_choice; /* "auto", "none", "required", a tool's name, or empty */
    struct str schema;      /* JSON Schema the answer should follow, or empty */
    double temperature;     /* NaN: the preset's */
    int64_t max_tokens;     /* 0: the preset's */
    uint64_t seed;          /* sent with temperatures above 0 */
    enum model_role role;
};

enum model_reply_kind {
    MODEL_TEXT = 0, /* the numbers of sdk grasp_reply */
    MODEL_CONTEXT_LIMIT = 1,
    MODEL_REFUSED = 2,
    MODEL_FAILED = 3,    /* no answer to be had: see error */
    MODEL_TRUNCATED = 4, /* the limit of tokens came before the first word: see error */
};

/* Where a failed call puts the rest of the run. */
enum model_fault {
    MODEL_FAULT_NONE,
    MODEL_FAULT_CALL,     /* this call only; others may do better */
    MODEL_FAULT_ENDPOINT, /* refused, unreachable, throttled for ever: EXIT_UNAVAILABLE */
    MODEL_FAULT_KEY,      /* 401, 403: no call can succeed; EXIT_PERMISSION */
    MODEL_FAULT_CONFIG,   /* model not found, bad request shape: EXIT_CONFIG */
    MODEL_FAULT_CANCELLED,
    MODEL_FAULT_BUDGET, /* it was not sent: EXIT_BUDGET */
};

struct model_usage {
    int64_t prompt_tokens;
    int64_t cached_tokens;
    int64_t completion_tokens;
    int64_t reasoning_tokens;
};

struct model_reply {
    enum model_reply_kind kind;
    struct str text; /* all texts live in the call's arena */
    struct str tool_calls;
    struct str finish_reason;
    struct str carry; /* of the message that this reply becomes (message.h), or empty */
    struct model_usage usage;
    enum model_fault fault;
    const char *fault_class; /* of MODEL_FAILED: its name in errors.c, or NULL */
    struct str error;        /* what happened, in the server's words where it has some */
};

struct model_call {
    struct model_request request;
    void (*done)(struct model_call *call); /* a worker of the pool, exactly once */
    struct arena *arena;  /* of the caller; the reply's texts go there. Nobody else uses it
                             between model_send and done */
    uint64_t deadline_us; /* of clock_monotonic_us: no attempt goes on beyond it; 0: none */
    struct model_reply reply;
    unsigned attempts;   /* sent; 0 for one that never was */
    uint64_t latency_us; /* of the last attempt; 0: nothing went over a network */

    void *internal;
    struct pool_task task;
};

struct model;

/* What keeps calls back. */
enum model_hold {
    MODEL_HOLD_NONE,
    MODEL_HOLD_IN_FLIGHT, /* max_in_flight */
    MODEL_HOLD_WINDOW,    /* calls in flight that the server has been seen to take */
    MODEL_HOLD_PACE,      /* calls a second, likewise */
    MODEL_HOLD_PAUSE,     /* the server has refused and wants to be left alone */
    MODEL_HOLD_REQUESTS,  /* requests a minute */
    MODEL_HOLD_TOKENS,    /* tokens a minute */
    MODEL_HOLD_BUDGET,    /* calls that are out have reserved what is left */
};
/* For people: "requests/min". */
const char *model_hold_name(enum model_hold hold);

struct model_state {
    size_t in_flight, waiting; /* calls at the server, and those that are kept back */
    enum model_hold hold;
};
void model_state(struct model *model, struct model_state *out); /* any thread */

/* config: a resolved preset (preset.h). http and pool outlive the model. */
int model_open(const struct json *config, struct http_client *http, struct loop *loop,
               struct pool *pool, struct model **out, struct err *err);

/* A model in process: fn answers on a worker, synchronously. */
typedef void model_answer_fn(void *arg, const struct model_request *request, struct arena *arena,
                             struct model_reply *out_reply);
struct model *model_open_local(model_answer_fn *fn, void *arg, struct pool *pool);

/* The text that identifies what a request asks of which model: everything that can change the
 * reply (model, messages, tools, decoding), nothing that cannot (keys, endpoint). */
void model_fingerprint(const struct model *model, const struct model_request *request,
                       char out_hex[65]);

/* Does it answer the same to the same, as far as anyone can ask for that: at temperature 0? */
bool model_is_greedy(const struct model *model, const struct model_request *request);
/* Where it answers, for people and as a key; without secrets. Empty for one in process. */
const char *model_endpoint(const struct model *model);
/* The quotas that the preset gives; 0 for none. */
void model_quotas(const struct model *model, double *out_requests, double *out_tokens);

struct budget;
/* Before the first call: what calls may use together. It outlives the model. */
void model_set_budget(struct model *model, struct budget *budget);
struct share;
/* Before the first call: its limits hold together with those of the other processes of a sweep. */
void model_set_share(struct model *model, struct share *share);
/* The most tokens that a reply may have, of what the preset says; 0 if nothing bounds it. */
int64_t model_reply_most(const struct model *model);
void model_send(struct model *model, struct model_call *call); /* any thread */
/* From now on nothing is sent: calls end with MODEL_FAULT_CANCELLED, those that wait for their turn
 * or for another try at once. What is out comes back. Of a model in process, nothing changes. */
void model_drain(struct model *model);
/* Likewise, and what is out is given up too. */
void model_cancel(struct model *model);
const char *model_name(const struct model *model); /* for logs */
/* The preset's, NaN if it has none or sends none. */
double model_temperature(const struct model *model);
/* After the last done, with the loop still running, not on its thread; NULL is fine. */
void model_close(struct model *model);
