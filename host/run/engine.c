/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "run/engine_internal.h"

#define HAND_OUT 64 /* rollouts at a time; fewer would wake the waiting thread too often */

struct engine *engine_create(const struct engine_options *options)
{
    struct engine *engine = mem_alloc(sizeof(*engine));
    pthread_condattr_t attr;
    engine->options = *options;
    for (int i = 0; i < 2; i++)
        engine->waiting[i].end = &engine->waiting[i].first;
    pthread_mutex_init(&engine->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (options->reuse || options->reuse_judge)
        engine->memo = memo_create();
    return engine;
}

void engine_finish(struct engine *engine)
{
    if (!engine)
        return;
    int code = __atomic_load_n(&engine->stop_code, __ATOMIC_ACQUIRE);
    /* After a first signal, or at the end of the budget, calls in flight are finished: they are
     * paid for. */
    bool drain = code == EXIT_SIGINT || code == EXIT_SIGTERM || code == EXIT_BUDGET;
    engine_stop(engine, EXIT_SIGINT, "the run has ended", !drain);
    pthread_mutex_lock(&engine->mutex);
    while (engine->active)
        pthread_cond_wait(&engine->changed, &engine->mutex);
    pthread_mutex_unlock(&engine->mutex);
}

void engine_destroy(struct engine *engine)
{
    if (!engine)
        return;
    pthread_cond_destroy(&engine->changed);
    pthread_mutex_destroy(&engine->mutex);
    memo_destroy(engine->memo);
    mem_free(engine);
}

uint64_t engine_seed(const struct engine *engine, struct str a, struct str b)
{
    CLEANUP_BUF struct buf text = {0};
    buf_i64(&text, engine->options.seed);
    buf_char(&text, ':');
    buf_str(&text, a);
    buf_char(&text, '\n');
    buf_str(&text, b);
    return hash_sha256_u64(buf_view(&text));
}

uint64_t engine_call_seed(const struct engine *engine, struct str place)
{
    return engine_seed(engine, place, STR("call")) & 0x7fffffff;
}

uint64_t engine_place_seed(const struct wave *wave, struct str place)
{
    const struct str settled = {place.ptr + wave->ahead, place.len - wave->ahead};
    return engine_call_seed(wave->engine, settled);
}

bool engine_find(const struct wave *wave, struct str place, struct str *out_line)
{
    const struct journal *journal = wave->engine->options.journal;
    const struct str settled = {place.ptr + wave->ahead, place.len - wave->ahead};
    return journal_find(journal, place, out_line) ||
           (wave->ahead && journal_find(journal, settled, out_line));
}

struct model *engine_model(const struct engine *engine, enum model_role role)
{
    const struct engine_options *o = &engine->options;
    struct model *other = role == MODEL_WRITER ? o->writer : role == MODEL_JUDGE ? o->judge : NULL;
    return other ? other : o->model;
}

/* Calls that wait for their turn are not paid for yet, and may wait for minutes. */
static void stop_models(struct engine *engine, bool now)
{
    const struct engine_options *o = &engine->options;
    struct model *const models[] = {o->model, o->writer, o->judge};
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (models[i])
            now ? model_cancel(models[i]) : model_drain(models[i]);
    }
}

/* The waits wake up by themselves: whatever waits looks at stop_code. */
void engine_stop(struct engine *engine, int code, const char *why, bool now)
{
    pthread_mutex_lock(&engine->mutex);
    if (!engine->stop_code) {
        snprintf(engine->stop_text, sizeof(engine->stop_text), "%s", why);
        __atomic_store_n(&engine->stop_code, code, __ATOMIC_RELEASE);
    }
    for (int i = 0; i < 2; i++) {
        for (struct job *job = engine->waiting[i].first; job; job = job->next)
            pthread_cond_broadcast(&job->wave->changed);
    }
    pthread_cond_broadcast(&engine->changed);
    pthread_mutex_unlock(&engine->mutex);
    stop_models(engine, now);
}

int engine_stopped(struct engine *engine, struct err *err)
{
    if (!__atomic_load_n(&engine->stop_code, __ATOMIC_ACQUIRE)) {
        if (!engine->options.journal)
            return 0;
        return journal_error(engine->options.journal, err);
    }
    return err_set(err, engine->stop_code, "%s", engine->stop_text);
}

static void call_job_done(struct engine_call *call)
{
    struct call_job *job = (struct call_job *)((char *)call - offsetof(struct call_job, call));
    const struct model_reply *reply = &call->model.reply;
    if (reply->kind == MODEL_FAILED) {
        engine_call_failed(call->engine, reply);
        engine_call_missing(call);
    }
    engine_job_done(&job->job, false, reply->kind == MODEL_FAILED);
}

static void rollout_begin(struct rollout_job *job)
{
    if (job->rollout)
        return;
    job->rollout = mem_alloc(sizeof(*job->rollout));
    job->rollout->sample = job->sample;
    job->rollout->repeat = job->repeat;
}

static void job_begin(struct pool_task *task)
{
    struct job *job = (struct job *)((char *)task - offsetof(struct job, task));
    if (job->kind == JOB_ROLLOUT) {
        struct rollout_job *rollout = (struct rollout_job *)job;
        rollout_begin(rollout);
        episode_run(rollout);
        return;
    }
    struct call_job *call = (struct call_job *)job;
    if (engine_call_start(&call->call))
        call_job_done(&call->call);
}

static struct job *next_waiting(struct engine *engine)
{
    struct job_queue *queue = &engine->waiting[engine->waiting[0].first ? 0 : 1];
    struct job *job = queue->first;
    if (job)
        queue->first = job->next;
    if (!queue->first)
        queue->end = &queue->first;
    return job;
}

/* With the mutex held: begins what may begin. */
static void schedule(struct engine *engine)
{
    struct job *job;
    while (engine->active < engine->options.concurrency && !engine->stop_code &&
           (job = next_waiting(engine))) {
        engine->active++;
        job->wave->running++;
        job->task.fn = job_begin;
        pool_submit(engine->options.pool, &job->task);
    }
}

static void rollout_destroy(struct rollout_job *job)
{
    if (job->rollout)
        rollout_clear(job->rollout);
    mem_free(job->rollout);
    job->rollout = NULL;
}

static void wave_free(struct wave *wave)
{
    for (size_t i = 0; i < wave->rollout_count; i++) {
        rollout_destroy(&wave->rollouts[i]);
        knowledge_unref(wave->rollouts[i].knowledge);
    }
    for (size_t i = 0; i < wave->call_count; i++) {
        arena_clear(&wave->calls[i]->call.arena);
        arena_clear(&wave->calls[i]->arena);
        mem_free(wave->calls[i]);
    }
    memo_batch_clear(&wave->replies);
    mem_free(wave->rollouts);
    mem_free(wave->calls);
    mem_free(wave->place);
    mem_free(wave->marker);
    pthread_cond_destroy(&wave->changed);
    mem_free(wave);
}

static bool is_done(const struct wave *wave)
{
    return wave->done + wave->held == wave->rollout_count + wave->call_count;
}

void engine_job_done(struct job *job, bool correct, bool missing)
{
    struct wave *wave = job->wave;
    struct engine *engine = wave->engine;
    engine_flush(engine);
    pthread_mutex_lock(&engine->mutex);
    job->over = true;
    engine->active--;
    wave->running--;
    wave->done++;
    wave->correct += correct;
    wave->missing += missing;
    schedule(engine);
    bool wave_over = wave->running == 0 && (is_done(wave) || engine->stop_code || wave->dropped);
    if (wave_over || (wave->each && wave->done >= wave->wake_at))
        pthread_cond_broadcast(&wave->changed);
    bool orphan = wave->dropped && wave->running == 0;
    if (orphan)
        wave_free(wave);
    /* Last: whoever waits for this may free the engine. */
    if (engine->active == 0)
        pthread_cond_broadcast(&engine->changed);
    pthread_mutex_unlock(&engine->mutex);
}

struct wave *wave_create(struct engine *engine, enum phase phase, const char *place)
{
    struct wave *wave = mem_alloc(sizeof(*wave));
    pthread_condattr_t attr;
    wave->engine = engine;
    wave->phase = phase;
    wave->place = mem_dup(place, strlen(place));
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&wave->changed, &attr);
    pthread_condattr_destroy(&attr);
    return wave;
}

void wave_set_marker(struct wave *wave, struct str marker)
{
    mem_free(wave->marker);
    wave->marker = marker.len ? mem_dup(marker.ptr, marker.len) : NULL;
}

void wave_reserve(struct wave *wave, size_t count)
{
    wave->rollout_capacity = wave->rollout_count + count;
    wave->rollouts = mem_grow(wave->rollouts, wave->rollout_capacity * sizeof(*wave->rollouts));
}

void wave_add_rollout(struct wave *wave, const struct sample *sample, uint32_t repeat,
                      struct knowledge *knowledge)
{
    MEM_RESERVE(wave->rollouts, wave->rollout_count, wave->rollout_capacity);
    wave->rollouts[wave->rollout_count++] = (struct rollout_job){
        .job = {.wave = wave, .kind = JOB_ROLLOUT},
        .sample = sample,
        .repeat = repeat,
        .knowledge = knowledge ? knowledge_ref(knowledge) : NULL,
    };
}

static struct str copy(struct arena *arena, struct str text)
{
    return (struct str){arena_dup(arena, text.ptr, text.len), text.len};
}

static void copy_request(struct model_request *out, const struct model_request *in,
                         struct arena *arena)
{
    struct message *messages = arena_alloc(arena, in->count * sizeof(*messages));
    *out = *in;
    for (size_t i = 0; i < in->count; i++) {
        const struct message *m = &in->messages[i];
        messages[i] = (struct message){
            .role = copy(arena, m->role),
            .content = copy(arena, m->content),
            .tool_calls = copy(arena, m->tool_calls),
            .tool_call_id = copy(arena, m->tool_call_id),
            .name = copy(arena, m->name),
            .carry = copy(arena, m->carry),
            .flags = m->flags,
        };
    }
    out->messages = messages;
    out->tools = copy(arena, in->tools);
    out->tool_choice = copy(arena, in->tool_choice);
    out->schema = copy(arena, in->schema);
}

void wave_hold(struct wave *wave, const struct sample *sample)
{
    for (size_t i = 0; i < wave->rollout_count; i++) {
        if (wave->rollouts[i].sample != sample || wave->rollouts[i].held)
            continue;
        wave->rollouts[i].held = true;
        wave->held++;
    }
}

bool wave_has(const struct wave *wave, const struct sample *sample)
{
    for (size_t i = 0; i < wave->rollout_count; i++) {
        if (wave->rollouts[i].sample == sample)
            return true;
    }
    return false;
}

void wave_add_call(struct wave *wave, const struct model_request *request)
{
    struct call_job *job = mem_alloc(sizeof(*job));
    struct engine_call *call = &job->call;
    job->job.wave = wave;
    job->job.kind = JOB_CALL;
    copy_request(&call->model.request, request, &job->arena);
    updater_apply(&wave->engine->options.updater, &call->model.request);
    call->engine = wave->engine;
    call->phase = wave->phase;
    call->wave = wave;
    call->place = str_of(arena_printf(&job->arena, "%s/%zu", wave->place, wave->call_count));
    call->model.request.seed = engine_place_seed(wave, call->place);
    call->model.arena = &call->arena;
    call->done = call_job_done;
    MEM_RESERVE(wave->calls, wave->call_count, wave->call_capacity);
    wave->calls[wave->call_count++] = job;
}

static void enqueue(struct engine *engine, struct job *job)
{
    struct job_queue *queue = &engine->waiting[job->wave->others_first];
    job->generation = memo_generation(engine->memo);
    job->next = NULL;
    *queue->end = job;
    queue->end = &job->next;
}

void wave_let_others_first(struct wave *wave)
{
    wave->others_first = true;
}

void wave_go_ahead(struct wave *wave, const char *prefix)
{
    char *place = mem_printf("%s%s", prefix, wave->place);
    mem_free(wave->place);
    wave->place = place;
    wave->ahead = strlen(prefix);
    missing_forget(wave->engine->options.missing, prefix);
}

static void go_first(struct wave *wave)
{
    struct engine *engine = wave->engine;
    struct job_queue *behind = &engine->waiting[1];
    struct job **link = &behind->first;
    while (wave->others_first && *link) {
        struct job *job = *link;
        if (job->wave != wave) {
            link = &job->next;
            continue;
        }
        *link = job->next;
        job->next = NULL;
        *engine->waiting[0].end = job;
        engine->waiting[0].end = &job->next;
    }
    if (wave->others_first)
        behind->end = link;
    wave->others_first = false;
}

void wave_settle(struct wave *wave)
{
    struct engine *engine = wave->engine;
    CLEANUP_FREE char *prefix = mem_dup(wave->place, wave->ahead);
    if (engine->options.journal)
        journal_settle(engine->options.journal, prefix);
    missing_settle(engine->options.missing, prefix);
    pthread_mutex_lock(&engine->mutex);
    go_first(wave);
    for (size_t i = 0; i < wave->rollout_count; i++) {
        struct rollout_job *job = &wave->rollouts[i];
        if (job->held)
            enqueue(engine, &job->job);
        job->held = false;
    }
    wave->held = 0;
    schedule(engine);
    pthread_mutex_unlock(&engine->mutex);
}

void wave_start(struct wave *wave)
{
    struct engine *engine = wave->engine;
    engine_call_mark_draws(wave);
    pthread_mutex_lock(&engine->mutex);
    wave->started = true;
    for (size_t i = 0; i < wave->rollout_count; i++) {
        if (!wave->rollouts[i].held)
            enqueue(engine, &wave->rollouts[i].job);
    }
    for (size_t i = 0; i < wave->call_count; i++) {
        enqueue(engine, &wave->calls[i]->job);
        wave->calls[i]->call.generation = wave->calls[i]->job.generation;
    }
    schedule(engine);
    pthread_mutex_unlock(&engine->mutex);
}

void wave_progress(struct wave *wave, struct wave_progress *out)
{
    pthread_mutex_lock(&wave->engine->mutex);
    *out = (struct wave_progress){
        .done = wave->done,
        .total = wave->rollout_count + wave->call_count,
        .correct = wave->correct,
        .missing = wave->missing,
    };
    pthread_mutex_unlock(&wave->engine->mutex);
}

void wave_on_rollout(struct wave *wave, void (*fn)(void *arg, const struct rollout *rollout),
                     void *arg)
{
    pthread_mutex_lock(&wave->engine->mutex);
    wave->each = fn;
    wave->each_arg = arg;
    pthread_mutex_unlock(&wave->engine->mutex);
}

/* With the mutex held, which is open meanwhile: what is done up to the first that is not. */
static void hand_out(struct wave *wave)
{
    struct engine *engine = wave->engine;
    size_t end = wave->handed_out;
    while (end < wave->rollout_count && wave->rollouts[end].job.over)
        end++;
    pthread_mutex_unlock(&engine->mutex);
    for (size_t i = wave->handed_out; i < end; i++) {
        wave->each(wave->each_arg, wave->rollouts[i].rollout);
        rollout_destroy(&wave->rollouts[i]);
    }
    wave->handed_out = end;
    pthread_mutex_lock(&engine->mutex);
}

static bool wave_over(const struct wave *wave)
{
    return is_done(wave) || (wave->engine->stop_code && wave->running == 0);
}

bool wave_wait(struct wave *wave, uint64_t ms)
{
    struct engine *engine = wave->engine;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;

    pthread_mutex_lock(&engine->mutex);
    int waited = 0;
    while (!wave_over(wave) && waited != ETIMEDOUT) {
        wave->wake_at = wave->done + HAND_OUT;
        if (wave->each)
            hand_out(wave);
        if (wave_over(wave))
            break;
        if (ms)
            waited = pthread_cond_timedwait(&wave->changed, &engine->mutex, &until);
        else
            pthread_cond_wait(&wave->changed, &engine->mutex);
    }
    bool over = wave_over(wave);
    if (over && wave->each)
        hand_out(wave);
    pthread_mutex_unlock(&engine->mutex);
    if (over)
        memo_publish(engine->memo, &wave->replies);
    return over;
}

size_t wave_rollout_count(const struct wave *wave)
{
    return wave->rollout_count;
}

struct rollout *wave_rollout(struct wave *wave, size_t index)
{
    rollout_begin(&wave->rollouts[index]);
    return wave->rollouts[index].rollout;
}

size_t wave_call_count(const struct wave *wave)
{
    return wave->call_count;
}

const struct model_reply *wave_reply(const struct wave *wave, size_t index)
{
    return &wave->calls[index]->call.model.reply;
}

static void remove_waiting(struct wave *wave)
{
    struct job_queue *queue = &wave->engine->waiting[wave->others_first];
    struct job **link = &queue->first;
    while (*link) {
        if ((*link)->wave == wave)
            *link = (*link)->next;
        else
            link = &(*link)->next;
    }
    queue->end = link;
}

void wave_forget(struct wave *wave)
{
    CLEANUP_FREE char *prefix = mem_printf("%s/", wave->place);
    if (wave->engine->options.journal)
        journal_forget(wave->engine->options.journal, prefix);
    missing_forget(wave->engine->options.missing, prefix);
}

void wave_destroy(struct wave *wave)
{
    if (!wave)
        return;
    struct engine *engine = wave->engine;
    pthread_mutex_lock(&engine->mutex);
    remove_waiting(wave);
    wave->dropped = true;
    if (wave->running == 0)
        wave_free(wave);
    pthread_mutex_unlock(&engine->mutex);
}
