/* SPDX-License-Identifier: MIT */
/* Model calls with the journal in front. */
#include <stdio.h>
#include <string.h>

#include "run/engine_internal.h"

static void read_usage(struct model_usage *out, const struct json *usage)
{
    out->prompt_tokens = json_int(json_at(usage, 0), 0);
    out->cached_tokens = json_int(json_at(usage, 1), 0);
    out->completion_tokens = json_int(json_at(usage, 2), 0);
    out->reasoning_tokens = json_int(json_at(usage, 3), 0);
}

static struct str keep(struct arena *arena, struct str text)
{
    return (struct str){arena_dup(arena, text.ptr, text.len), text.len};
}

/* A request of the method that stayed without an answer. Its fault has done what it does to a run.
 */
static bool read_failure(struct engine_call *call, const struct json *entry)
{
    struct model_reply *reply = &call->model.reply;
    if (call->engine->options.retry_missing)
        return false;
    reply->kind = MODEL_FAILED;
    reply->fault_class = keep(&call->arena, json_str(json_get(entry, "fault"))).ptr;
    reply->error = keep(&call->arena, json_str(json_get(entry, "error")));
    return true;
}

static bool read_reply(struct engine_call *call, struct str line)
{
    CLEANUP_JSON struct json *entry = json_parse(line, NULL);
    if (!str_is(json_str(json_get(entry, "h")), call->fingerprint))
        return false;
    if (str_is(json_str(json_get(entry, "t")), "failed"))
        return read_failure(call, entry);
    struct model_reply *reply = &call->model.reply;
    reply->kind = (enum model_reply_kind)json_int(json_get(entry, "kind"), MODEL_TEXT);
    reply->text = keep(&call->arena, json_str(json_get(entry, "text")));
    reply->tool_calls = keep(&call->arena, json_str(json_get(entry, "tool_calls")));
    reply->finish_reason = keep(&call->arena, json_str(json_get(entry, "finish_reason")));
    reply->carry = keep(&call->arena, json_str(json_get(entry, "carry")));
    reply->error = keep(&call->arena, json_str(json_get(entry, "error")));
    read_usage(&reply->usage, json_get(entry, "usage"));
    call->reused = json_bool(json_get(entry, "reused"), false);
    return true;
}

static void write_text(struct buf *out, const char *key, struct str text)
{
    if (!text.len)
        return;
    buf_printf(out, ", \"%s\": ", key);
    json_write_str(out, text, 0);
}

static bool is_judge(const struct engine_call *call)
{
    return call->model.request.role == MODEL_JUDGE;
}

static void write_reply(struct engine_call *call)
{
    const struct model_reply *reply = &call->model.reply;
    const struct model_usage *u = &reply->usage;
    CLEANUP_BUF struct buf out = {0};
    buf_text(&out, "\"t\": \"call\", \"h\": \"");
    buf_text(&out, call->fingerprint);
    buf_text(&out, "\", \"kind\": ");
    buf_i64(&out, reply->kind);
    if (call->model.request.role != MODEL_EXECUTOR)
        buf_printf(&out, ", \"role\": %d", (int)call->model.request.role);
    json_write_next(&out, "text");
    json_write_str(&out, reply->text, 0);
    write_text(&out, "tool_calls", reply->tool_calls);
    write_text(&out, "carry", reply->carry);
    if (reply->kind == MODEL_TRUNCATED)
        write_text(&out, "error", reply->error);
    buf_text(&out, ", \"finish_reason\": ");
    json_write_str(&out, reply->finish_reason, 0);
    const int64_t usage[] = {u->prompt_tokens, u->cached_tokens, u->completion_tokens,
                             u->reasoning_tokens};
    json_write_next(&out, "usage");
    json_write_ints(&out, usage, sizeof(usage) / sizeof(*usage));
    if (call->reused)
        buf_text(&out, ", \"reused\": true");
    if (call->reusable && is_judge(call))
        buf_text(&out, ", \"reusable\": true");
    engine_record(call->engine, call->place, buf_view(&out));
}

void engine_record(struct engine *engine, struct str place, struct str members)
{
    journal_append(engine->options.journal, place, members);
}

bool engine_flush(struct engine *engine)
{
    struct err err;
    struct journal *journal = engine->options.journal;
    if (!journal || journal_flush(journal))
        return true;
    if (journal_error(journal, &err))
        engine_stop(engine, err.code, err.text, false);
    return false;
}

/* For later waves; what was reused is known already. */
static void note_reply(struct engine_call *call)
{
    if (call->reusable && !call->reused)
        memo_note(call->engine->memo, &call->wave->replies, call->place, call->fingerprint,
                  &call->model.reply);
}

/* Whether the judge said anything of use is not known before it is graded by. */
static void note_unjudged(struct engine_call *call)
{
    if (!is_judge(call))
        note_reply(call);
}

/* What is out comes back first; the rest is for a resumed run. */
static void stop_for_budget(const struct engine_call *call)
{
    const struct model_reply *reply = &call->model.reply;
    CLEANUP_BUF struct buf text = {0};
    buf_text(&text, "the budget is reached: ");
    buf_str(&text, reply->error);
    buf_printf(
        &text,
        "; next would have been %.*s, a call of the %s; go on with --resume and a larger budget",
        (int)call->place.len, call->place.ptr, model_role_name(call->model.request.role));
    engine_stop(call->engine, EXIT_BUDGET, text.ptr, false);
}

static bool may_cache(const struct engine_call *call)
{
    return call->engine->options.cache && !call->draw &&
           model_is_greedy(engine_model(call->engine, call->model.request.role),
                           &call->model.request);
}

static void set_withheld(struct engine_call *call, const char *class, const char *what)
{
    struct model_reply *reply = &call->model.reply;
    struct str words = reply->error.len ? reply->error : str_of(what);
    reply->error = str_of(arena_printf(
        &call->arena, "%.*s; with %s=scored in the configuration such a sample counts as failed",
        (int)words.len, words.ptr, class));
    reply->kind = MODEL_FAILED;
    reply->fault = MODEL_FAULT_CALL;
    reply->fault_class = class;
    /* The endpoint has answered: another request may do better. */
    __atomic_store_n(&call->engine->any_success, true, __ATOMIC_RELAXED);
}

/* The model's own refusal is an answer. What its service did not let it see, or say, is none. */
static void sort_out_withheld(struct engine_call *call)
{
    const struct engine_options *options = &call->engine->options;
    const struct model_reply *reply = &call->model.reply;
    bool filtered = reply->error.len || str_is(reply->finish_reason, "content_filter");
    if (reply->kind == MODEL_CONTEXT_LIMIT && !options->score_context_limit)
        set_withheld(call, "context_limit", "the request is longer than the model's context");
    else if (reply->kind == MODEL_REFUSED && filtered && !options->score_content_filter)
        set_withheld(call, "content_filter", "the service's content filter withheld the answer");
}

static void share(const struct engine_call *call)
{
    const struct model_reply *reply = &call->model.reply;
    if (reply->kind == MODEL_TEXT && may_cache(call))
        cache_store(call->engine->options.cache, call->fingerprint, reply);
}

void engine_call_proved(struct engine_call *call)
{
    note_reply(call);
    if (!call->reused)
        share(call);
}

static void call_done(struct model_call *model)
{
    struct engine_call *call = (struct engine_call *)model;
    struct engine *engine = call->engine;
    sort_out_withheld(call);
    if (model->reply.kind != MODEL_FAILED) {
        if (engine->options.journal)
            write_reply(call);
        note_unjudged(call);
        if (!is_judge(call))
            share(call);
        __atomic_store_n(&engine->any_success, true, __ATOMIC_RELAXED);
        ledger_add_sent(engine->options.ledger, call->phase, model);
    } else if (model->reply.fault == MODEL_FAULT_BUDGET) {
        stop_for_budget(call);
    }
    call->done(call);
}

/* Is a line of the journal right about what an earlier reply served for? The process that wrote it
 * may have had another past, with a sample missing. */
static bool reuse_agrees(struct engine_call *call)
{
    struct arena arena = {0};
    struct model_reply found;
    bool reused = call->reusable && memo_find(call->engine->memo, call->fingerprint,
                                              call->generation, &arena, &found);
    bool agrees = reused == call->reused;
    call->reused = reused;
    arena_clear(&arena);
    return agrees;
}

static bool find_in_journal(struct engine_call *call)
{
    struct engine *engine = call->engine;
    struct str line;
    if (!engine->options.journal || !engine_find(call->wave, call->place, &line) ||
        !read_reply(call, line))
        return false;
    if (call->model.reply.kind == MODEL_FAILED)
        return true;
    if (!reuse_agrees(call))
        write_reply(call);
    note_unjudged(call);
    if (!call->reused)
        ledger_add(engine->options.ledger, call->phase, call->model.request.role,
                   &call->model.reply.usage, false);
    return true;
}

static bool find_in_memo(struct engine_call *call)
{
    struct engine *engine = call->engine;
    call->reused = call->reusable && memo_find(engine->memo, call->fingerprint, call->generation,
                                               &call->arena, &call->model.reply);
    if (call->reused && engine->options.journal)
        write_reply(call);
    return call->reused;
}

/* A reply that nobody sent for, but that counts as if it had been. */
static void take_over(struct engine_call *call)
{
    struct engine *engine = call->engine;
    if (engine->options.journal)
        write_reply(call);
    note_unjudged(call);
    ledger_add(engine->options.ledger, call->phase, call->model.request.role,
               &call->model.reply.usage, true);
}

/* The same request at the same place: the other run's agent was asked what this one's would be. */
static bool find_in_baseline(struct engine_call *call)
{
    struct str line;
    const struct journal *baseline = call->engine->options.baseline;
    if (!baseline || !journal_find(baseline, call->place, &line) || !read_reply(call, line))
        return false;
    if (call->model.reply.kind == MODEL_FAILED || call->reused) {
        call->model.reply = (struct model_reply){0};
        call->reused = false;
        return false;
    }
    take_over(call);
    return true;
}

static bool find_in_cache(struct engine_call *call)
{
    struct engine *engine = call->engine;
    struct model_reply *reply = &call->model.reply;
    if (!may_cache(call) ||
        !cache_find(engine->options.cache, call->fingerprint, &call->arena, reply))
        return false;
    call->cached = true;
    take_over(call);
    return true;
}

void engine_call_mark_draws(struct wave *wave)
{
    const struct engine_options *options = &wave->engine->options;
    for (size_t i = 0; options->cache && i < wave->call_count; i++) {
        struct engine_call *call = &wave->calls[i]->call;
        model_fingerprint(options->model, &call->model.request, call->fingerprint);
        for (size_t k = 0; k < i && !call->draw; k++)
            call->draw = strcmp(wave->calls[k]->call.fingerprint, call->fingerprint) == 0;
    }
}

bool engine_call_start(struct engine_call *call)
{
    struct engine *engine = call->engine;
    struct model *model = engine_model(engine, call->model.request.role);
    memset(&call->model.reply, 0, sizeof(call->model.reply));
    call->reused = call->cached = false;
    if (engine->options.journal || engine->memo || engine->options.cache ||
        engine->options.baseline)
        model_fingerprint(model, &call->model.request, call->fingerprint);
    if (!call->anew && (find_in_journal(call) || find_in_memo(call) || find_in_baseline(call) ||
                        find_in_cache(call)))
        return true;
    if (!engine_flush(engine)) {
        call->model.reply = (struct model_reply){
            .kind = MODEL_FAILED, .fault = MODEL_FAULT_CANCELLED, .error = STR("not sent")};
        return true;
    }
    call->model.arena = &call->arena;
    call->model.done = call_done;
    model_send(model, &call->model);
    return false;
}

bool engine_call_replay(const struct job *job, struct str place, bool reusable)
{
    struct wave *wave = job->wave;
    struct engine_call call = {
        .engine = wave->engine,
        .wave = wave,
        .generation = job->generation,
        .place = place,
        .reusable = reusable,
    };
    struct str line;
    if (!engine_find(wave, place, &line))
        return false;
    if (!reusable || !wave->engine->memo)
        return true;
    CLEANUP_JSON struct json *entry = json_parse(line, NULL);
    struct str hash = json_str(json_get(entry, "h"));
    if (json_int(json_get(entry, "role"), MODEL_EXECUTOR) == MODEL_JUDGE &&
        !json_bool(json_get(entry, "reusable"), false))
        return true;
    if (hash.len != sizeof(call.fingerprint) - 1)
        return false;
    memcpy(call.fingerprint, hash.ptr, hash.len);
    bool read = read_reply(&call, line) && reuse_agrees(&call);
    if (read)
        note_reply(&call);
    arena_clear(&call.arena);
    return read;
}

void engine_call_missing(struct engine_call *call)
{
    struct engine *engine = call->engine;
    const struct model_reply *reply = &call->model.reply;
    struct str fault = str_of(reply->fault_class ? reply->fault_class : "model");
    if (__atomic_load_n(&engine->stop_code, __ATOMIC_ACQUIRE))
        return;
    if (engine->options.journal && reply->fault != MODEL_FAULT_NONE) {
        CLEANUP_BUF struct buf out = {0};
        buf_printf(&out, "\"t\": \"failed\", \"h\": \"%s\", \"fault\": ", call->fingerprint);
        json_write_str(&out, fault, 0);
        buf_text(&out, ", \"error\": ");
        json_write_str(&out, reply->error, 0);
        engine_record(engine, call->place, buf_view(&out));
    }
    missing_add(engine->options.missing, &(struct missing_item){.place = call->place,
                                                                .phase = call->phase,
                                                                .fault = fault,
                                                                .error = reply->error});
}

void engine_call_failed(struct engine *engine, const struct model_reply *reply)
{
    char text[1024];
    snprintf(text, sizeof(text), "%.*s", (int)reply->error.len, reply->error.ptr);
    switch (reply->fault) {
    case MODEL_FAULT_ENDPOINT:
        engine_stop(engine, EXIT_UNAVAILABLE, text, true);
        break;
    case MODEL_FAULT_KEY:
        engine_stop(engine, EXIT_PERMISSION, text, true);
        break;
    case MODEL_FAULT_CONFIG:
        engine_stop(engine, EXIT_CONFIG, text, true);
        break;
    case MODEL_FAULT_CALL:
        if (!__atomic_load_n(&engine->any_success, __ATOMIC_RELAXED))
            engine_stop(engine, EXIT_UNAVAILABLE, text, true);
        break;
    case MODEL_FAULT_NONE:
    case MODEL_FAULT_CANCELLED:
    case MODEL_FAULT_BUDGET: /* has stopped it already */
        break;
    }
}
