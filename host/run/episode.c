/* SPDX-License-Identifier: MIT */
/* One episode: begin, ask, step, ask, step ... grade. A worker runs it until it has to wait for a
 * model; the reply brings it back to a worker. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "run/engine_internal.h"
#include "run/place.h"
#include "run/request.h"
#include "run/window.h"

enum episode_state {
    EPISODE_BEGIN,
    EPISODE_ASK,
    EPISODE_STEP,
    EPISODE_GRADE,
    EPISODE_JUDGE,
    EPISODE_END
};

struct episode {
    enum episode_state state;
    struct task_episode *environment;
    struct arena arena; /* of the conversation */
    struct arena turn;  /* of one model call */
    struct turn_sink sink;
    struct engine_call call;
    struct str place;
    char fingerprint[65];
    struct json *judge; /* requests of grade, while they are asked */
    struct buf judge_replies;
    size_t judge_next;
    bool judge_anew;            /* it gave no verdict the last time */
    struct ledger_row spent[2]; /* by the executor, by the judge; kept with the rollout */
    bool made, cached;          /* a reply was made for this episode; one is another run's */
    bool replayed;
    uint64_t deadline_us; /* 0: none */
};

static struct engine *engine_of(const struct rollout_job *job)
{
    return job->job.wave->engine;
}

static struct str keep(struct arena *arena, struct str text)
{
    return (struct str){arena_dup(arena, text.ptr, text.len), text.len};
}

/* fault: the class, or NULL if it is the run that ends. */
static void fail(struct rollout_job *job, const char *fault, const char *text)
{
    struct rollout *r = job->rollout;
    r->available = false;
    r->used = (struct str){0};
    r->fault = keep(&r->arena, str_of(fault ? fault : ""));
    r->error = str_of(arena_dup(&r->arena, text, strlen(text)));
    r->status = STR("not available");
    job->episode->state = EPISODE_END;
}

/* A plugin that breaks its contract, or an environment without its parts, ends the run; a sample
 * that the environment cannot serve is only missing. */
static void fail_task(struct rollout_job *job, struct err *err)
{
    err_prefix(err, "sample %s", job->rollout->sample->id);
    fail(job, err->code == EXIT_SIGINT ? NULL : "environment", err->text);
    if (err->code != EXIT_UNAVAILABLE && err->code != EXIT_SIGINT)
        engine_stop(engine_of(job), err->code, err->text, true);
}

static void fail_call(struct rollout_job *job, const struct model_reply *reply)
{
    CLEANUP_BUF struct buf text = {0};
    bool cancelled = reply->fault == MODEL_FAULT_CANCELLED;
    buf_text(&text, reply->error.len ? "" : "the model call failed");
    if (job->episode->judge)
        buf_text(&text, "the judge: ");
    buf_str(&text, reply->error);
    fail(job, cancelled ? NULL : reply->fault_class ? reply->fault_class : "model", text.ptr);
    engine_call_failed(engine_of(job), reply);
}

/* At temperature 0 another draw is one with other words. */
static bool is_nudged(const struct rollout_job *job)
{
    return job->job.wave->marker && engine_of(job)->options.greedy;
}

static void fingerprint(struct rollout_job *job)
{
    struct hash *hash = hash_create();
    hash_piece(hash, job->rollout->sample->json);
    hash_piece(hash, str_of(job->knowledge ? knowledge_hash(job->knowledge) : ""));
    hash_piece(hash, str_of(model_name(engine_of(job)->options.model)));
    if (engine_of(job)->options.judge)
        hash_piece(hash, str_of(model_name(engine_of(job)->options.judge)));
    if (is_nudged(job))
        hash_piece(hash, str_of(job->job.wave->marker));
    hash_finish_hex(hash, job->episode->fingerprint);
}

static const enum model_role spent_roles[2] = {MODEL_EXECUTOR, MODEL_JUDGE};

static struct ledger_row read_spent(const struct json *row)
{
    return (struct ledger_row){
        .calls = json_int(json_at(row, 0), 0),
        .prompt_tokens = json_int(json_at(row, 1), 0),
        .cached_tokens = json_int(json_at(row, 2), 0),
        .completion_tokens = json_int(json_at(row, 3), 0),
        .reasoning_tokens = json_int(json_at(row, 4), 0),
    };
}

static void write_spent(struct buf *out, const struct ledger_row *row)
{
    const int64_t spent[] = {row->calls, row->prompt_tokens, row->cached_tokens,
                             row->completion_tokens, row->reasoning_tokens};
    json_write_ints(out, spent, sizeof(spent) / sizeof(*spent));
}

/* Repeats ask for independent draws. A marker makes a draw another request, at temperature 0, so
 * that one like it may serve. */
static bool is_draw(const struct rollout_job *job)
{
    return job->rollout->repeat > 0 && !job->rollout->nudged;
}

/* The judge is asked at a temperature of its own, and may be asked anew when it made no sense: only
 * of one question it is known whether its answer did. */
static bool is_reusable(const struct rollout_job *job, const char *suffix)
{
    const struct engine *engine = engine_of(job);
    const struct episode *ep = job->episode;
    if (*suffix == 'c')
        return engine->options.reuse && !is_draw(job);
    return engine->options.reuse_judge && json_count(ep->judge) == 1 &&
           model_is_greedy(engine_model(engine, MODEL_JUDGE), &ep->call.model.request);
}

/* The calls of an episode that is replayed stay in the journal with it. Are they all there? */
static bool keep_calls(struct rollout_job *job, const char *suffix, int64_t count, bool reusable)
{
    struct episode *ep = job->episode;
    for (int64_t i = 0; i < count; i++) {
        CLEANUP_FREE char *place =
            mem_printf("%.*s/%s%lld", (int)ep->place.len, ep->place.ptr, suffix, (long long)i);
        if (!engine_call_replay(&job->job, str_of(place), reusable))
            return false;
    }
    return true;
}

static void count_spent(struct rollout_job *job, const struct ledger_row spent[2])
{
    for (int i = 0; i < 2; i++) {
        if (spent[i].calls)
            ledger_add_row(engine_of(job)->options.ledger, job->job.wave->phase, spent_roles[i],
                           &spent[i]);
    }
}

/* An episode that could not be run stays so until it is to be run again. */
static bool read_missing(struct rollout_job *job, const struct json *entry,
                         const struct ledger_row spent[2], int64_t judged)
{
    struct rollout *r = job->rollout;
    if (engine_of(job)->options.retry_missing) {
        job->episode->judge_anew = judged > 0;
        return false;
    }
    r->turns = (uint32_t)json_int(json_get(entry, "turns"), 0);
    /* One that failed has no line. */
    keep_calls(job, "c", r->turns, is_reusable(job, "c"));
    keep_calls(job, "j", judged, false);
    struct str fault = json_str(json_get(entry, "fault"));
    struct str error = json_str(json_get(entry, "error"));
    fail(job, fault.len ? fault.ptr : "model", error.len ? error.ptr : "");
    count_spent(job, spent);
    return true;
}

static bool read_journal(struct rollout_job *job)
{
    struct journal *journal = engine_of(job)->options.journal;
    struct str line;
    if (!journal || !engine_find(job->job.wave, job->episode->place, &line))
        return false;
    CLEANUP_JSON struct json *entry = json_parse(line, NULL);
    if (!str_is(json_str(json_get(entry, "h")), job->episode->fingerprint))
        return false;
    struct ledger_row spent[2];
    for (int i = 0; i < 2; i++)
        spent[i] = read_spent(json_at(json_get(entry, "spent"), i));
    int64_t judged = json_int(json_get(entry, "judged"), spent[1].calls);
    if (str_is(json_str(json_get(entry, "t")), "missing"))
        return read_missing(job, entry, spent, judged);
    int64_t turns = json_int(json_path(entry, "rollout.turns"), 0);
    bool reuse_judge = engine_of(job)->options.reuse_judge && judged == 1;
    if (!keep_calls(job, "c", turns, is_reusable(job, "c")) ||
        !keep_calls(job, "j", judged, reuse_judge) ||
        !rollout_read(job->rollout, json_get(entry, "rollout")))
        return false;
    count_spent(job, spent);
    return true;
}

static void write_journal(struct rollout_job *job)
{
    struct journal *journal = engine_of(job)->options.journal;
    const struct episode *ep = job->episode;
    const struct rollout *r = job->rollout;
    if (!journal || ep->replayed)
        return;
    CLEANUP_BUF struct buf out = {0};
    buf_text(&out, r->available ? "\"t\": \"episode\"" : "\"t\": \"missing\"");
    buf_text(&out, ", \"h\": \"");
    buf_text(&out, ep->fingerprint);
    buf_text(&out, "\", \"spent\": [");
    write_spent(&out, &ep->spent[0]);
    buf_text(&out, ", ");
    write_spent(&out, &ep->spent[1]);
    buf_char(&out, ']');
    if ((int64_t)ep->judge_next != ep->spent[1].calls)
        buf_printf(&out, ", \"judged\": %zu", ep->judge_next);
    if (r->available) {
        /* What another run has paid for comes to the same. */
        struct rollout kept = *r;
        kept.source = r->source == ROLLOUT_CACHED ? ROLLOUT_FRESH : r->source;
        buf_text(&out, ", \"rollout\": ");
        rollout_write(&out, &kept, false);
    } else {
        buf_printf(&out, ", \"turns\": %u, \"fault\": ", r->turns);
        json_write_str(&out, r->fault, 0);
        buf_text(&out, ", \"error\": ");
        json_write_str(&out, r->error, 0);
    }
    engine_record(engine_of(job), ep->place, buf_view(&out));
}

static void begin(struct rollout_job *job)
{
    struct episode *ep = job->episode;
    struct engine *engine = engine_of(job);
    struct rollout *r = job->rollout;
    struct err err;
    char repeat[16];
    double seconds = engine->options.episode_timeout;
    if (seconds > 0)
        ep->deadline_us = clock_monotonic_us() + (uint64_t)(seconds * 1e6);
    snprintf(repeat, sizeof(repeat), "r%u", r->repeat);
    uint64_t seed = engine_seed(engine, str_of(r->sample->id), str_of(repeat));
    ep->sink.arena = &ep->arena;
    if (task_begin(engine->options.task, r->sample, seed, &engine->stop_code, &ep->sink,
                   &ep->environment, &err))
        fail_task(job, &err);
    else
        ep->state = ep->sink.done ? EPISODE_GRADE : EPISODE_ASK;
}

/* The part of the conversation that a model sees. */
static const struct message *sent_messages(struct episode *ep, size_t *out_count)
{
    size_t count = 0;
    for (size_t i = 0; i < ep->sink.count; i++)
        count += message_is_sent(&ep->sink.messages[i]);
    *out_count = count;
    if (count == ep->sink.count)
        return ep->sink.messages;
    struct message *out = arena_alloc(&ep->turn, (count + 1) * sizeof(*out));
    count = 0;
    for (size_t i = 0; i < ep->sink.count; i++) {
        if (message_is_sent(&ep->sink.messages[i]))
            out[count++] = ep->sink.messages[i];
    }
    return out;
}

static bool holds(const struct json *array, const struct json *value)
{
    for (size_t i = 0; i < json_count(array); i++) {
        if (json_equal(json_at(array, i), value))
            return true;
    }
    return false;
}

/* The ids of all turns, each once, in the order of their first use. */
static void add_used(struct rollout *r, struct str used)
{
    if (!used.len || str_eq(used, r->used))
        return;
    CLEANUP_JSON struct json *all = r->used.len ? json_parse(r->used, NULL) : json_new_array();
    CLEANUP_JSON struct json *more = json_parse(used, NULL);
    for (size_t i = 0; i < json_count(more); i++) {
        if (!holds(all, json_at(more, i)))
            json_push(all, json_copy(json_at(more, i)));
    }
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, all, 0);
    r->used = (struct str){arena_dup(&r->arena, text.ptr, text.len), text.len};
}

static struct str with_marker(struct arena *arena, struct str text, const char *marker)
{
    CLEANUP_BUF struct buf out = {0};
    buf_str(&out, text);
    buf_text(&out, text.len ? "\n\n" : "");
    buf_text(&out, marker);
    return keep(arena, buf_view(&out));
}

static int add_guidance(struct rollout_job *job, const struct message **messages, size_t *count,
                        struct err *err)
{
    struct episode *ep = job->episode;
    struct rollout *r = job->rollout;
    struct guidance guidance = {0};
    bool knows = job->knowledge && !knowledge_empty(job->knowledge);
    if (!knows && !r->nudged)
        return 0;
    int code = knows ? method_augment(job->knowledge, r->turns, r->sample, *messages, *count,
                                      &ep->turn, &guidance, err)
                     : 0;
    if (code)
        return code;
    if (r->nudged)
        guidance.text = with_marker(&ep->turn, guidance.text, job->job.wave->marker);
    const struct task_info *info = task_info(engine_of(job)->options.task);
    *messages = place_guidance(*messages, *count, &guidance, info->placement, info->field,
                               &ep->turn, count);
    add_used(r, guidance.used);
    return 0;
}

static void executor_done(struct engine_call *call);

static bool send(struct rollout_job *job, const char *suffix, size_t number)
{
    struct episode *ep = job->episode;
    struct engine_call *call = &ep->call;
    call->engine = engine_of(job);
    call->owner = job;
    call->phase = job->job.wave->phase;
    call->model.deadline_us = ep->deadline_us;
    call->wave = job->job.wave;
    call->generation = job->job.generation;
    call->reusable = is_reusable(job, suffix);
    call->anew = *suffix == 'j' && ep->judge_anew;
    call->draw = is_draw(job);
    call->place = str_of(
        arena_printf(&ep->arena, "%.*s/%s%zu", (int)ep->place.len, ep->place.ptr, suffix, number));
    call->done = executor_done;
    call->model.request.seed = engine_place_seed(call->wave, call->place);
    arena_clear(&call->arena);
    return engine_call_start(call);
}

static bool is_named(const struct json *names, struct str name)
{
    for (size_t i = 0; i < json_count(names); i++) {
        if (str_eq(json_str(json_at(names, i)), name))
            return true;
    }
    return false;
}

/* The task's tools, or those of them that it wants in this turn. */
static struct str offered_tools(struct episode *ep, struct str all)
{
    if (!ep->sink.tools.len || !all.len)
        return all;
    CLEANUP_JSON struct json *tools = json_parse(all, NULL);
    CLEANUP_JSON struct json *names = json_parse(ep->sink.tools, NULL);
    CLEANUP_JSON struct json *some = json_new_array();
    for (size_t i = 0; i < json_count(tools); i++) {
        if (is_named(names, json_str(json_get(json_at(tools, i), "name"))))
            json_push(some, json_copy(json_at(tools, i)));
    }
    CLEANUP_BUF struct buf text = {0};
    if (json_count(some))
        json_write(&text, some, JSON_COMPACT);
    return keep(&ep->turn, buf_view(&text));
}

/* true when the reply is there. */
static bool ask(struct rollout_job *job)
{
    struct episode *ep = job->episode;
    struct engine *engine = engine_of(job);
    const struct task_info *info = task_info(engine->options.task);
    struct err err;
    if (__atomic_load_n(&engine->stop_code, __ATOMIC_ACQUIRE)) {
        fail(job, NULL, "the run was stopped");
        return true;
    }
    if (ep->deadline_us && clock_monotonic_us() >= ep->deadline_us) {
        fail(job, "episode_timeout", "the episode's time is up (episode_timeout)");
        return true;
    }
    if (job->rollout->turns >= info->max_turns) {
        ep->sink.done = true;
        ep->sink.status = STR("task limit reached");
        ep->state = EPISODE_GRADE;
        return true;
    }
    arena_clear(&ep->turn);
    size_t count;
    const struct message *messages = sent_messages(ep, &count);
    messages = window_apply(messages, count, &info->window, &ep->turn, &count);
    if (add_guidance(job, &messages, &count, &err)) {
        fail_task(job, &err);
        return true;
    }
    if (messages == ep->sink.messages)
        arena_clear(&ep->turn); /* what the method was shown */
    ep->call.model.request = (struct model_request){
        .messages = messages,
        .count = count,
        .tools = offered_tools(ep, info->tools),
        .temperature = NAN,
        .role = MODEL_EXECUTOR,
    };
    if (ep->call.model.request.tools.len)
        ep->call.model.request.tool_choice = info->tool_choice;
    ep->state = EPISODE_STEP;
    return send(job, "c", job->rollout->turns++);
}

static bool is_model_turn(const struct message *m)
{
    return str_is(m->role, "agent") || str_is(m->role, "assistant");
}

static void sink_message(struct turn_sink *sink, struct message message)
{
    MEM_RESERVE(sink->messages, sink->count, sink->capacity);
    sink->messages[sink->count++] = message;
}

static void sink_action(struct turn_sink *sink, const struct message *turn)
{
    CLEANUP_BUF struct buf text = {0};
    buf_str(&text, turn->content);
    if (turn->tool_calls.len) {
        if (text.len)
            buf_char(&text, '\n');
        buf_str(&text, turn->tool_calls);
    }
    MEM_RESERVE(sink->actions, sink->action_count, sink->action_capacity);
    sink->actions[sink->action_count++] = keep(sink->arena, buf_view(&text));
}

/* A turn in the task's own words is still the model's if it calls the same tools, or says the same:
 * then what the service wants back with it stays. */
static void keep_carry(const struct message *model, struct message *own)
{
    if (own->tool_calls.len ? str_eq(own->tool_calls, model->tool_calls)
                            : !model->tool_calls.len && str_eq(own->content, model->content))
        own->carry = model->carry;
}

static void step(struct rollout_job *job)
{
    struct episode *ep = job->episode;
    struct turn_sink *sink = &ep->sink;
    const struct model_reply *reply = &ep->call.model.reply;
    struct err err;
    if (reply->kind == MODEL_FAILED) {
        fail_call(job, reply);
        return;
    }
    if (!ep->call.reused)
        ledger_row_add(&ep->spent[0], &reply->usage);
    ep->made = ep->made || (!ep->call.reused && !ep->call.cached);
    ep->cached = ep->cached || ep->call.cached;
    if (reply->kind == MODEL_TRUNCATED) {
        sink->done = true;
        sink->status = STR("agent output limit");
        ep->state = EPISODE_GRADE;
        return;
    }
    size_t turn = sink->count, actions = sink->action_count;
    if (reply->kind == MODEL_TEXT)
        sink_message(sink, (struct message){.role = STR("agent"),
                                            .content = keep(&ep->arena, reply->text),
                                            .tool_calls = keep(&ep->arena, reply->tool_calls),
                                            .carry = keep(&ep->arena, reply->carry)});
    size_t own = sink->count;
    if (task_step(ep->environment, reply, sink, &err)) {
        fail_task(job, &err);
        return;
    }
    if (own > turn && sink->count > own && is_model_turn(&sink->messages[own])) {
        keep_carry(&sink->messages[turn], &sink->messages[own]);
        memmove(&sink->messages[turn], &sink->messages[own],
                (sink->count - own) * sizeof(*sink->messages));
        sink->count--;
    }
    if (own > turn && sink->action_count == actions)
        sink_action(sink, &sink->messages[turn]);
    ep->state = sink->done ? EPISODE_GRADE : EPISODE_ASK;
}

/* A copy of a plugin's JSON in the one form in which we write it, so that a rollout that went
 * through the journal is the same text. */
static struct str canonical(struct arena *arena, struct str text)
{
    if (!text.len || json_is_written(text))
        return keep(arena, text);
    CLEANUP_JSON struct json *value = json_parse(text, NULL);
    CLEANUP_BUF struct buf out = {0};
    json_write(&out, value, 0);
    return keep(arena, buf_view(&out));
}

static void collect(struct rollout_job *job)
{
    struct episode *ep = job->episode;
    struct rollout *r = job->rollout;
    const struct turn_sink *sink = &ep->sink;
    r->source = ep->made || !r->turns ? ROLLOUT_FRESH
                : ep->cached          ? ROLLOUT_CACHED
                                      : ROLLOUT_REPLAYED;
    r->status = keep(&r->arena, sink->status);
    r->answer = keep(&r->arena, sink->answer);
    r->raw = canonical(&r->arena, sink->raw);
    rollout_set_history(r, sink->messages, sink->count);
    rollout_set_actions(r, sink->actions, sink->action_count);
}

/* The same whether or not the wave goes ahead. */
static struct str settled_place(const struct rollout_job *job)
{
    const struct str place = job->episode->place;
    size_t ahead = job->job.wave->ahead;
    return (struct str){place.ptr + ahead, place.len - ahead};
}

/* Some samples flip more often than others: from never to twice the mean. At temperature 0 what
 * flips is the conversation, guidance included; else it is the draw. */
static bool is_flipped(const struct rollout_job *job)
{
    const struct engine *engine = engine_of(job);
    const struct episode *ep = job->episode;
    struct str id = str_of(job->sample->id);
    uint64_t rate = engine_seed(engine, id, STR("noise rate")), draw;
    if (engine->options.greedy)
        draw = engine_seed(engine, id, str_of(ep->call.fingerprint));
    else
        draw = engine_seed(engine, settled_place(job), STR("noise"));
    return (double)(draw >> 11) * 0x1p-53 <
           2 * engine->options.noise * ((double)(rate >> 11) * 0x1p-53);
}

/* The rehearsal's noise: a failure for no reason that the task could name, or luck. */
static void add_noise(struct rollout_job *job)
{
    struct rollout *r = job->rollout;
    if (engine_of(job)->options.noise <= 0 || !is_flipped(job))
        return;
    r->correct = !r->correct;
    r->score = r->correct ? 1 : 0;
    r->tags = STR("[]");
}

static void grade(struct rollout_job *job)
{
    struct episode *ep = job->episode;
    struct rollout *r = job->rollout;
    struct err err;
    struct verdict verdict = {0};
    struct str requests = {0};
    CLEANUP_BUF struct buf text = {0};
    if (!r->history.len)
        collect(job);
    rollout_write_for_grade(&text, r);
    buf_char(&ep->judge_replies, ep->judge ? ']' : '[');
    if (!ep->judge)
        buf_char(&ep->judge_replies, ']');
    arena_clear(&ep->turn);
    if (task_grade(engine_of(job)->options.task, r->sample, buf_view(&text),
                   buf_view(&ep->judge_replies), &ep->turn, &verdict, &requests, &err)) {
        fail_task(job, &err);
        return;
    }
    if (requests.len) {
        if (ep->judge) {
            err_set(&err, EXIT_PLUGIN, "grade asked the judge again after its replies");
            fail_task(job, &err);
            return;
        }
        ep->judge = json_parse(requests, NULL);
        buf_reset(&ep->judge_replies);
        buf_char(&ep->judge_replies, '[');
        ep->state = EPISODE_JUDGE;
        return;
    }
    if (json_count(ep->judge) == 1)
        engine_call_proved(&ep->call);
    r->available = true;
    r->correct = verdict.correct;
    r->score = verdict.score;
    r->tags = canonical(&r->arena, verdict.tags);
    r->detail = canonical(&r->arena, verdict.detail);
    add_noise(job);
    ep->state = EPISODE_END;
}

static void judge_reply(struct rollout_job *job)
{
    struct episode *ep = job->episode;
    const struct model_reply *reply = &ep->call.model.reply;
    if (reply->kind == MODEL_FAILED) {
        fail_call(job, reply);
        return;
    }
    if (!ep->call.reused)
        ledger_row_add(&ep->spent[1], &reply->usage);
    if (ep->judge_next++)
        buf_text(&ep->judge_replies, ", ");
    request_write_reply(&ep->judge_replies, reply);
}

/* Asks the judge what has not been asked yet; true when a reply is there or nothing is left. */
static bool judge(struct rollout_job *job)
{
    struct episode *ep = job->episode;
    struct err err;
    if (ep->judge_next >= json_count(ep->judge)) {
        ep->state = EPISODE_GRADE;
        return true;
    }
    arena_clear(&ep->turn);
    if (request_read(json_at(ep->judge, ep->judge_next), MODEL_JUDGE, &ep->turn,
                     &ep->call.model.request, &err)) {
        fail_task(job, &err);
        return true;
    }
    if (!send(job, "j", ep->judge_next))
        return false;
    judge_reply(job);
    return true;
}

/* Known to be missing: not for the reason that the run has ended. */
static bool is_missing(const struct rollout_job *job)
{
    const struct rollout *r = job->rollout;
    return !r->available && r->fault.len &&
           (job->episode->replayed ||
            !__atomic_load_n(&engine_of(job)->stop_code, __ATOMIC_ACQUIRE));
}

static void finish(struct rollout_job *job)
{
    struct episode *ep = job->episode;
    struct rollout *r = job->rollout;
    struct ledger *ledger = engine_of(job)->options.ledger;
    bool missing = is_missing(job);
    if (r->available || missing)
        write_journal(job);
    if (missing)
        missing_add(engine_of(job)->options.missing,
                    &(struct missing_item){.place = ep->place,
                                           .sample = str_of(r->sample->id),
                                           .phase = job->job.wave->phase,
                                           .fault = r->fault,
                                           .error = r->error});
    task_end(ep->environment);
    turn_sink_clear(&ep->sink);
    arena_clear(&ep->turn);
    arena_clear(&ep->arena);
    arena_clear(&ep->call.arena);
    json_free(ep->judge);
    buf_free(&ep->judge_replies);
    mem_free(ep);
    job->episode = NULL;
    __atomic_add_fetch(&ledger->rollouts, 1, __ATOMIC_RELAXED);
    engine_job_done(&job->job, r->available && r->correct, !r->available);
}

static void run_states(struct rollout_job *job)
{
    struct episode *ep = job->episode;
    for (;;) {
        switch (ep->state) {
        case EPISODE_BEGIN:
            begin(job);
            break;
        case EPISODE_ASK:
            if (!ask(job))
                return;
            break;
        case EPISODE_STEP:
            step(job);
            break;
        case EPISODE_GRADE:
            grade(job);
            break;
        case EPISODE_JUDGE:
            if (!judge(job))
                return;
            break;
        case EPISODE_END:
            finish(job);
            return;
        }
    }
}

static void executor_done(struct engine_call *call)
{
    struct rollout_job *job = call->owner;
    if (job->episode->state == EPISODE_JUDGE)
        judge_reply(job);
    run_states(job);
}

void episode_run(struct rollout_job *job)
{
    struct episode *ep = mem_alloc(sizeof(*ep));
    const struct rollout *r = job->rollout;
    job->episode = ep;
    if (r->repeat)
        ep->place = str_of(
            arena_printf(&ep->arena, "%s/%s/r%u", job->job.wave->place, r->sample->id, r->repeat));
    else
        ep->place = str_of(arena_printf(&ep->arena, "%s/%s", job->job.wave->place, r->sample->id));
    job->rollout->nudged = is_nudged(job);
    fingerprint(job);
    ep->replayed = read_journal(job);
    if (ep->replayed)
        ep->state = EPISODE_END;
    run_states(job);
}
