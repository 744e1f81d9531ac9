/* SPDX-License-Identifier: MIT */
/*
 * A call's way: encoded by whoever sends it, through the gate, exchanged on the loop thread,
 * decoded on a worker, and from there either done or, after a timer, through the gate again. `lock`
 * guards the states, the list and the gate; it is held while a request is handed to the HTTP
 * client, so that the loop sees it before a cancellation that comes later, and never during a
 * callback.
 */
#include "model/model.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "model/auth_google.h"
#include "model/client_internal.h"
#include "model/errors.h"
#include "model/fingerprint.h"
#include "model/gate.h"
#include "model/retry.h"
#include "model/wire.h"

#define WARN_EVERY_US (10 * 1000000u)
/* Encoded requests that wait to be sent. Further ones are encoded a second time, on the loop
 * thread, because workers are quicker than it takes to open thousands of connections. */
#define MOST_BODIES 2048

static void send_or_end(struct exchange *x);
static void end_late(struct exchange *x);
static void pump(struct model *model);

static struct model *model_create(struct pool *pool)
{
    struct model *model = mem_alloc(sizeof(*model));
    model->pool = pool;
    gate_init(&model->gate, &(struct gate_limits){0});
    pthread_mutex_init(&model->lock, NULL);
    pthread_cond_init(&model->changed, NULL);
    return model;
}

int model_open(const struct json *config, struct http_client *http, struct loop *loop,
               struct pool *pool, struct model **out, struct err *err)
{
    struct chat_config read;
    struct auth *auth = NULL;
    int code = chat_config_read(config, &read, err);
    if (code)
        return code;
    if (read.wants_token)
        code = auth_google_open_preset(config, &read, http, &auth, err);
    if (code) {
        chat_config_clear(&read);
        return code;
    }
    struct model *model = model_create(pool);
    model->config = read;
    model->auth = auth;
    model->http = http;
    model->loop = loop;
    gate_init(&model->gate, &(struct gate_limits){
                                .in_flight = read.max_in_flight,
                                .requests_per_minute = read.requests_per_minute,
                                .tokens_per_minute = read.tokens_per_minute,
                            });
    buf_text(&model->identity, read.wire->name);
    buf_char(&model->identity, '\n');
    buf_text(&model->identity, read.model);
    buf_char(&model->identity, '\n');
    buf_text(&model->identity, read.agent_role);
    buf_str(&model->identity, read.extra);
    buf_str(&model->identity, read.tool_extra);
    buf_text(&model->identity, read.variant);
    *out = model;
    return 0;
}

struct model *model_open_local(model_answer_fn *fn, void *arg, struct pool *pool)
{
    struct model *model = model_create(pool);
    model->answer = fn;
    model->answer_arg = arg;
    model->config.model = "rehearsal";
    model->config.temperature = NAN;
    buf_text(&model->identity, "rehearsal");
    return model;
}

const char *model_name(const struct model *model)
{
    return model->config.model;
}

void model_state(struct model *model, struct model_state *out)
{
    pthread_mutex_lock(&model->lock);
    *out = (struct model_state){
        .in_flight = model->gate.in_flight,
        .waiting = model->gate.waiting,
        .hold = gate_hold(&model->gate, clock_monotonic_us()),
    };
    pthread_mutex_unlock(&model->lock);
}

bool model_is_greedy(const struct model *model, const struct model_request *request)
{
    double temperature = request->temperature;
    if (isnan(temperature))
        temperature = model_temperature(model);
    return temperature == 0 || (model->answer && isnan(temperature));
}

const char *model_endpoint(const struct model *model)
{
    return model->config.shown_url ? model->config.shown_url : "";
}

void model_quotas(const struct model *model, double *out_requests, double *out_tokens)
{
    *out_requests = model->config.requests_per_minute;
    *out_tokens = model->config.tokens_per_minute;
}

void model_set_budget(struct model *model, struct budget *budget)
{
    model->gate.budget = budget;
}

void model_set_share(struct model *model, struct share *share)
{
    if (model->answer)
        return;
    CLEANUP_FREE char *key = mem_printf("%s\n%s", model->config.url, model->config.model);
    gate_set_share(&model->gate, share, hash_sha256_u64(str_of(key)) | 1);
}

int64_t model_reply_most(const struct model *model)
{
    return (int64_t)model->config.max_tokens;
}

double model_temperature(const struct model *model)
{
    return model->config.no_temperature ? NAN : model->config.temperature;
}

static void flushed(struct loop_task *task)
{
    struct model *model = (struct model *)((char *)task - offsetof(struct model, flush_task));
    loop_timer_destroy(model->gate_timer);
    pthread_mutex_lock(&model->lock);
    model->flushed = true;
    pthread_cond_signal(&model->changed);
    pthread_mutex_unlock(&model->lock);
}

/* The loop thread may still be on its way out of a callback, or have a cancellation to run. */
static void flush(struct model *model)
{
    model->flush_task.fn = flushed;
    loop_post(model->loop, &model->flush_task);
    pthread_mutex_lock(&model->lock);
    while (!model->flushed)
        pthread_cond_wait(&model->changed, &model->lock);
    pthread_mutex_unlock(&model->lock);
}

void model_close(struct model *model)
{
    if (!model)
        return;
    if (model->loop)
        flush(model);
    pthread_cond_destroy(&model->changed);
    pthread_mutex_destroy(&model->lock);
    auth_close(model->auth);
    chat_config_clear(&model->config);
    buf_free(&model->identity);
    mem_free(model);
}

void model_fingerprint(const struct model *model, const struct model_request *request,
                       char out_hex[65])
{
    const struct chat_config *config = &model->config;
    bool local = model->answer != NULL;
    /* What answers in process does not look at the seed at temperature 0, or without any. */
    bool seeded = wire_temperature(config, request) > 0;
    fingerprint_write(
        &(struct fingerprint){
            .identity = buf_view(&model->identity),
            .temperature = wire_temperature(config, request),
            .max_tokens = wire_max_tokens(config, request),
            .seed = !local   ? wire_seed(config, request)
                    : seeded ? (int64_t)request->seed
                             : -1,
            .role = local ? (int64_t)request->role : -1,
            .schema = local || (config->structured_output && !config->extra_format)
                          ? request->schema
                          : STR(""),
            .request = request,
        },
        out_hex);
}

static struct str keep(struct arena *arena, const struct buf *text)
{
    struct str view = buf_view(text);
    return (struct str){arena_dup(arena, view.ptr, view.len), view.len};
}

static void set_cancelled(struct model_call *call)
{
    call->reply = (struct model_reply){
        .kind = MODEL_FAILED,
        .fault = MODEL_FAULT_CANCELLED,
        .fault_class = "cancelled",
        .error = STR("the call was cancelled"),
    };
}

static struct exchange *of_ticket(struct gate_ticket *ticket)
{
    return (struct exchange *)((char *)ticket - offsetof(struct exchange, ticket));
}

static void on_gate_timer(void *arg)
{
    struct model *model = arg;
    pthread_mutex_lock(&model->lock);
    model->gate_us = 0;
    pthread_mutex_unlock(&model->lock);
    pump(model);
}

static void start_gate_timer(struct loop_task *task)
{
    struct model *model = (struct model *)((char *)task - offsetof(struct model, gate_task));
    pthread_mutex_lock(&model->lock);
    uint64_t now = clock_monotonic_us(), at = model->gate_us;
    model->gate_posted = false;
    pthread_mutex_unlock(&model->lock);
    if (!model->gate_timer)
        model->gate_timer = loop_timer_create(model->loop, on_gate_timer, model);
    loop_timer_start(model->gate_timer, at > now ? (at - now + 999) / 1000 : 0);
}

/* With the lock held. */
static void ask_later(struct model *model, uint64_t at_us)
{
    if (model->gate_us && model->gate_us <= at_us)
        return;
    model->gate_us = at_us;
    if (model->gate_posted)
        return;
    model->gate_posted = true;
    model->gate_task.fn = start_gate_timer;
    loop_post(model->loop, &model->gate_task);
}

/* The next one that the gate lets out. */
static struct exchange *next_out(struct model *model)
{
    uint64_t wait = 0;
    pthread_mutex_lock(&model->lock);
    const uint64_t now = clock_monotonic_us(); /* the gate's must not run back */
    struct gate_ticket *ticket = NULL;
    if (!model->closed && model->gate.waiting)
        ticket = gate_next(&model->gate, now, &wait);
    if (ticket)
        of_ticket(ticket)->state = BUSY;
    else if (wait)
        ask_later(model, now + wait);
    pthread_mutex_unlock(&model->lock);
    return ticket ? of_ticket(ticket) : NULL;
}

static void pump(struct model *model)
{
    struct exchange *x;
    while ((x = next_out(model))) {
        if (x->ticket.late)
            end_late(x);
        else
            send_or_end(x);
    }
}

/* With the lock held: back from an attempt. True if others wait. */
static bool leave_gate(struct exchange *x)
{
    struct model *model = x->model;
    struct gate_outcome *outcome = &x->outcome;
    if (x->ticket.inside)
        gate_leave(&model->gate, &x->ticket, outcome, clock_monotonic_us());
    *outcome = (struct gate_outcome){.end = GATE_FAILED};
    return model->gate.waiting > 0;
}

static void set_over(struct model *model, struct model_call *call)
{
    CLEANUP_BUF struct buf text = {0};
    budget_over(model->gate.budget, &text);
    call->reply = (struct model_reply){
        .kind = MODEL_FAILED,
        .fault = MODEL_FAULT_BUDGET,
        .error = keep(call->arena, &text),
    };
}

/* True if others wait at the gate. */
static bool unlink_ended(struct exchange *x)
{
    struct model *model = x->model;
    pthread_mutex_lock(&model->lock);
    if (x->previous)
        x->previous->next = x->next;
    else
        model->live = x->next;
    if (x->next)
        x->next->previous = x->previous;
    bool others = leave_gate(x) && !model->closed;
    pthread_mutex_unlock(&model->lock);
    return others;
}

static void make_body(struct http_request *http)
{
    struct exchange *x = (struct exchange *)http;
    wire_encode(&x->model->config, &x->call->request, &x->body);
    buf_trim(&x->body);
    http->body = buf_view(&x->body);
    __atomic_add_fetch(&x->model->bodies, 1, __ATOMIC_RELAXED);
}

static void drop_body(struct http_request *http)
{
    struct exchange *x = (struct exchange *)http;
    if (!http->body.len)
        return;
    buf_free(&x->body);
    http->body = (struct str){0};
    __atomic_sub_fetch(&x->model->bodies, 1, __ATOMIC_RELAXED);
}

/* On a worker, with the reply in the call. After done the model may be gone. */
static void end(struct exchange *x)
{
    struct model_call *call = x->call;
    drop_body(&x->http);
    if (unlink_ended(x))
        pump(x->model);
    buf_free(&x->http.body_in);
    buf_free(&x->http.headers_in);
    auth_waiter_clear(&x->auth);
    mem_free(x);
    call->done(call);
}

static struct exchange *exchange_of(struct pool_task *task)
{
    return ((struct model_call *)((char *)task - offsetof(struct model_call, task)))->internal;
}

static void run_cancelled(struct pool_task *task)
{
    struct exchange *x = exchange_of(task);
    set_cancelled(x->call);
    end(x);
}

void client_end_cancelled(struct exchange *x)
{
    x->call->task.fn = run_cancelled;
    pool_submit(x->model->pool, &x->call->task);
}

static void run_over(struct pool_task *task)
{
    struct exchange *x = exchange_of(task);
    set_over(x->model, x->call);
    end(x);
}

static void end_over(struct exchange *x)
{
    x->call->task.fn = run_over;
    pool_submit(x->model->pool, &x->call->task);
}

static void give_up(struct exchange *x, const struct failure *failure, struct buf *text)
{
    struct model_call *call = x->call;
    enum model_fault fault = failure->fault;
    bool others_do_well = successes(x->model) != x->successes_before;
    if (failure->kind == FAILURE_RETRY && fault == MODEL_FAULT_ENDPOINT && others_do_well)
        fault = MODEL_FAULT_CALL;
    if (failure->kind == FAILURE_RETRY && x->attempts > 1)
        buf_printf(text, " (%u attempts)", x->attempts);
    failure_hint(text, failure, &x->model->config);
    call->reply = (struct model_reply){.error = keep(call->arena, text)};
    switch (failure->kind) {
    case FAILURE_CONTEXT:
        call->reply.kind = MODEL_CONTEXT_LIMIT;
        break;
    case FAILURE_REFUSED:
        call->reply.kind = MODEL_REFUSED;
        break;
    case FAILURE_RETRY:
    case FAILURE_FINAL:
        call->reply.kind = MODEL_FAILED;
        call->reply.fault = fault;
        call->reply.fault_class = failure->name;
        break;
    }
    end(x);
}

static void run_late(struct pool_task *task)
{
    struct exchange *x = exchange_of(task);
    struct failure late = failure_of_class(FAILURE_DEADLINE, successes(x->model) > 0);
    CLEANUP_BUF struct buf text = {0};
    struct model_state state;
    model_state(x->model, &state);
    buf_printf(&text, "POST %s: kept back (%s)", x->model->config.shown_url,
               model_hold_name(state.hold));
    give_up(x, &late, &text);
}

/* Its deadline has come while it was kept back. */
static void end_late(struct exchange *x)
{
    x->call->task.fn = run_late;
    pool_submit(x->model->pool, &x->call->task);
}

/* One line for an outage, not one per call. */
static void warn(struct model *model, uint64_t delay_ms, const struct buf *text)
{
    uint64_t now = clock_monotonic_us();
    pthread_mutex_lock(&model->lock);
    bool due = !model->warned_us || now - model->warned_us > WARN_EVERY_US;
    if (due)
        model->warned_us = now;
    pthread_mutex_unlock(&model->lock);
    if (due)
        log_line(LOG_WARNING, "%s; trying again in %.1f s", text->ptr, (double)delay_ms / 1000);
}

/* With the lock held. */
static void link_new(struct exchange *x)
{
    struct model *model = x->model;
    x->next = model->live;
    if (x->next)
        x->next->previous = x;
    model->live = x;
}

/* False if it has to wait there. */
static bool enter_gate(struct exchange *x, bool again)
{
    struct model *model = x->model;
    uint64_t wait;
    pthread_mutex_lock(&model->lock);
    const uint64_t now = clock_monotonic_us();
    if (!again)
        link_new(x);
    bool in = model->closed || gate_enter(&model->gate, &x->ticket, again, now, &wait);
    x->state = in ? BUSY : QUEUED;
    if (!in && wait)
        ask_later(model, now + wait);
    pthread_mutex_unlock(&model->lock);
    return in;
}

static void on_timer(void *arg)
{
    struct exchange *x = arg;
    loop_timer_destroy(x->timer);
    x->timer = NULL;
    if (enter_gate(x, true))
        send_or_end(x);
}

static void start_timer(struct loop_task *task)
{
    struct exchange *x = (struct exchange *)((char *)task - offsetof(struct exchange, task));
    struct model *model = x->model;
    pthread_mutex_lock(&model->lock);
    bool closed = model->closed;
    bool others = leave_gate(x) && !closed;
    if (!closed)
        x->state = WAITING;
    pthread_mutex_unlock(&model->lock);
    if (others)
        pump(model);
    if (closed) {
        client_end_cancelled(x);
        return;
    }
    x->timer = loop_timer_create(model->loop, on_timer, x);
    loop_timer_start(x->timer, x->delay_ms);
}

static bool may_retry(const struct exchange *x, const struct failure *failure)
{
    double limit = x->model->config.max_retries;
    if (failure->attempts && failure->attempts < limit)
        limit = failure->attempts;
    return failure->kind == FAILURE_RETRY && x->attempts < limit;
}

/* Milliseconds until the call's deadline, UINT32_MAX if there is none. */
static uint32_t time_left(const struct exchange *x)
{
    uint64_t deadline = x->call->deadline_us, now = clock_monotonic_us();
    if (!deadline)
        return UINT32_MAX;
    uint64_t left = deadline > now ? (deadline - now) / 1000 : 0;
    return left < UINT32_MAX ? (uint32_t)left : UINT32_MAX;
}

static void on_failure(struct exchange *x, const struct failure *failure, struct buf *text)
{
    if (!may_retry(x, failure)) {
        give_up(x, failure, text);
        return;
    }
    x->delay_ms = retry_delay_ms(&x->model->config, x->attempts - 1, &x->http);
    if (x->delay_ms >= time_left(x)) {
        struct failure late = failure_of_class(FAILURE_DEADLINE, successes(x->model) > 0);
        give_up(x, &late, text);
        return;
    }
    warn(x->model, x->delay_ms, text);
    buf_free(&x->http.body_in);
    buf_free(&x->http.headers_in);
    x->task.fn = start_timer;
    loop_post(x->model->loop, &x->task);
}

/* What the gate is to learn from this attempt. */
static void note_outcome(struct exchange *x, enum gate_end end)
{
    double seconds = 0;
    x->outcome =
        (struct gate_outcome){.end = end, .usage = &x->call->reply.usage, .out_us = x->http.out_us};
    x->call->attempts = x->attempts;
    x->call->latency_us = x->http.elapsed_us;
    if (limit_headers_read(buf_view(&x->http.headers_in), &x->headers))
        x->outcome.headers = &x->headers;
    if (end == GATE_REFUSED && retry_header_delay(&x->http, clock_wall_ms(), &seconds) &&
        seconds > 0)
        x->outcome.wait_us = (uint64_t)(fmin(seconds, x->model->config.retry_after_max) * 1000000);
}

/* A token may end before its time. */
static bool takes_another_token(struct exchange *x)
{
    if (!x->model->auth || x->second_token || x->http.end != HTTP_DONE || x->http.status != 401)
        return false;
    x->second_token = true;
    x->attempts--;
    auth_refused(x->model->auth, x->auth.header);
    buf_free(&x->http.body_in);
    buf_free(&x->http.headers_in);
    return true;
}

static void on_reply(struct pool_task *task)
{
    struct exchange *x = exchange_of(task);
    struct failure failure;
    CLEANUP_BUF struct buf text = {0};
    if (x->http.end == HTTP_CANCELLED) {
        run_cancelled(task);
    } else if (takes_another_token(x)) {
        send_or_end(x);
    } else if (client_read_reply(x, &failure, &text)) {
        __atomic_add_fetch(&x->model->successes, 1, __ATOMIC_RELAXED);
        note_outcome(x, GATE_ANSWERED);
        end(x);
    } else {
        note_outcome(x, gate_end_of_failure(&x->http));
        on_failure(x, &failure, &text);
    }
}

static void on_exchanged(struct http_request *http)
{
    struct exchange *x = (struct exchange *)http;
    struct model *model = x->model;
    pthread_mutex_lock(&model->lock);
    x->state = BUSY;
    pthread_mutex_unlock(&model->lock);
    x->call->task.fn = on_reply;
    pool_submit(model->pool, &x->call->task);
}

/* Hands an exchange that is BUSY, and through the gate, to the HTTP client, whose it is then. */
static void transmit(struct exchange *x)
{
    struct model *model = x->model;
    if (!x->attempts)
        x->successes_before = successes(model);
    pthread_mutex_lock(&model->lock);
    bool closed = model->closed, over = x->ticket.over;
    x->state = BUSY;
    if (!closed && !over) {
        uint32_t left = time_left(x), timeout = (uint32_t)ceil(model->config.timeout * 1000);
        x->attempts++;
        x->state = SENT;
        x->outcome.end = GATE_LOST;                               /* until something comes back */
        x->http.timeout_ms = left < timeout ? left + 1 : timeout; /* 0 would be none */
        http_send(model->http, &x->http);
    }
    pthread_mutex_unlock(&model->lock);
    if (closed)
        client_end_cancelled(x);
    else if (over)
        end_over(x);
}

static void on_token(struct pool_task *task)
{
    struct exchange *x = exchange_of(task);
    CLEANUP_BUF struct buf text = {0};
    if (x->auth.header) {
        x->http.headers = auth_headers(&x->auth, &x->model->config);
        transmit(x);
    } else if (x->auth.failure.fault == MODEL_FAULT_CANCELLED) {
        run_cancelled(task);
    } else {
        x->attempts++;
        buf_text(&text, x->auth.text);
        on_failure(x, &x->auth.failure, &text);
    }
}

static void on_token_ready(struct auth_waiter *waiter)
{
    struct exchange *x = (struct exchange *)((char *)waiter - offsetof(struct exchange, auth));
    x->call->task.fn = on_token;
    pool_submit(x->model->pool, &x->call->task);
}

static void send_or_end(struct exchange *x)
{
    struct auth *auth = x->model->auth;
    x->auth.ready = on_token_ready;
    if (!auth)
        transmit(x);
    else if (auth_take(auth, &x->auth))
        on_token_ready(&x->auth);
}

static struct exchange *exchange_create(struct model *model, struct model_call *call)
{
    const struct chat_config *config = &model->config;
    struct exchange *x = mem_alloc(sizeof(*x));
    x->model = model;
    x->call = call;
    x->state = BUSY;
    x->http = (struct http_request){
        .method = "POST",
        .url = config->url,
        .lasting_url = true,
        .headers = config->headers,
        .peer = config->peer,
        .stall_ms = (uint32_t)ceil(config->low_speed_timeout * 1000),
        .connect_timeout_ms = (uint32_t)ceil(config->connect_timeout * 1000),
        .max_bytes = (size_t)config->max_reply_bytes,
        .done = on_exchanged,
        .make_body = make_body,
        .drop_body = drop_body,
    };
    make_body(&x->http);
    x->ticket = (struct gate_ticket){
        .role = call->request.role,
        .bytes = x->body.len,
        .reply_most = wire_max_tokens(config, &call->request),
        .deadline_us = call->deadline_us,
    };
    if (__atomic_load_n(&model->bodies, __ATOMIC_RELAXED) > MOST_BODIES)
        drop_body(&x->http);
    x->outcome.end = GATE_FAILED;
    call->internal = x;
    return x;
}

static void run_local(struct pool_task *task)
{
    struct model_call *call =
        (struct model_call *)((char *)task - offsetof(struct model_call, task));
    struct model *model = call->internal;
    pthread_mutex_lock(&model->lock);
    bool cancelled = model->cancelled;
    pthread_mutex_unlock(&model->lock);
    call->reply = (struct model_reply){0};
    if (cancelled)
        set_cancelled(call);
    else
        model->answer(model->answer_arg, &call->request, call->arena, &call->reply);
    call->attempts = !cancelled;
    if (call->reply.kind != MODEL_FAILED && model->gate.budget &&
        !budget_take(model->gate.budget, call->request.role, &call->reply.usage))
        set_over(model, call);
    call->done(call);
}

void model_send(struct model *model, struct model_call *call)
{
    if (model->answer) {
        call->internal = model;
        call->task.fn = run_local;
        pool_submit(model->pool, &call->task);
        return;
    }
    struct exchange *x = exchange_create(model, call);
    if (enter_gate(x, false))
        send_or_end(x);
}
