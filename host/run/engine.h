/* SPDX-License-Identifier: MIT */
/*
 * The engine runs rollouts and model calls: episodes are state machines that workers move forward
 * whenever a reply is there; no thread waits for a model. Work comes in waves. Everything in a
 * wave runs side by side, several waves too, in the order they were started, up to `concurrency`
 * episodes at once. What a wave gives does not depend on the order in which replies come.
 *
 * The journal answers first: a finished episode or a completed call that it holds for the same
 * place and the same content is not run again.
 */
#pragma once

#include "io/pool.h"
#include "model/cache.h"
#include "model/model.h"
#include "plugin/method.h"
#include "run/journal.h"
#include "run/ledger.h"
#include "run/missing.h"
#include "run/rollout.h"
#include "run/updater.h"

struct engine;

struct engine_options {
    struct task *task;
    struct model *model;
    struct model *writer, *judge; /* NULL: the same as `model` */
    struct updater updater;       /* what requests of the writer leave open */
    struct pool *pool;
    struct journal *journal; /* NULL: none */
    struct ledger *ledger;
    struct journal *baseline; /* of a run with the same agent and another method; NULL: none */
    struct cache *cache;      /* replies of other runs; NULL: none */
    struct missing *missing;  /* gets what could not be run */
    bool retry_missing;       /* what the journal knows as missing is run again */
    size_t concurrency;
    double episode_timeout; /* seconds; 0: none */
    /* A call that is too long for the model, or that its service will not answer, is the model's
     * reply, and the task's to judge; else the call has failed. */
    bool score_context_limit, score_content_filter;
    int64_t seed;     /* of the run */
    bool greedy;      /* the executor is at temperature 0 */
    double noise;     /* share of rollouts whose verdict is turned round: rehearsal only */
    bool reuse;       /* identical calls of the executor, which is at temperature 0 (memo.h) */
    bool reuse_judge; /* identical questions to the judge at temperature 0, once graded by */
};

struct engine *engine_create(const struct engine_options *options);
/* Cancels what still runs, unless a signal has stopped the engine, and waits for it. NULL is fine,
 * here and below. */
void engine_finish(struct engine *engine);
void engine_destroy(struct engine *engine); /* after engine_finish */

/* Ends the run: nothing new begins, calls in flight are finished and journaled, waits return
 * `code` with this text. now: calls in flight are given up too. Any thread. */
void engine_stop(struct engine *engine, int code, const char *why, bool now);
/* 0, or the code of what stopped the engine, with its text in err. */
int engine_stopped(struct engine *engine, struct err *err);

struct wave;

/* place: where in the run, "epoch_0/dev"; unique per wave. */
struct wave *wave_create(struct engine *engine, enum phase phase, const char *place);
/* Room for so many rollouts to be added. */
void wave_reserve(struct wave *wave, size_t count);
/* Adds a rollout. knowledge: a reference is taken; NULL runs the plain agent. */
void wave_add_rollout(struct wave *wave, const struct sample *sample, uint32_t repeat,
                      struct knowledge *knowledge);
/* A line that guidance ends with where the agent is at temperature 0, so that it does not only
 * repeat itself; copied. Before wave_start. */
void wave_set_marker(struct wave *wave, struct str marker);
/* Adds a model call. The texts of the request are copied. */
void wave_add_call(struct wave *wave, const struct model_request *request);
/* Before wave_start: what other waves want to begin goes first, also if they start later. */
void wave_let_others_first(struct wave *wave);
/* Before wave_start: the wave may turn out not to be needed. Until it is settled its places stand
 * below this prefix, which ends in a slash, and what of it is missing does not count. */
void wave_go_ahead(struct wave *wave, const char *prefix);
/* Of a wave that goes ahead, before wave_start: the rollouts of this sample wait until the wave is
 * settled, because what runs now may have replies for them by then. */
void wave_hold(struct wave *wave, const struct sample *sample);
bool wave_has(const struct wave *wave, const struct sample *sample); /* a rollout of it */
/* It is needed: the places lose the prefix, and what has not begun waits behind no one. */
void wave_settle(struct wave *wave);
void wave_start(struct wave *wave);

struct wave_progress {
    size_t done, total, correct, missing;
};
void wave_progress(struct wave *wave, struct wave_progress *out);
/* fn gets each rollout, in the order they were added, while later ones still run, and its texts
 * are freed afterwards. Set before wave_wait, which calls it. */
void wave_on_rollout(struct wave *wave, void (*fn)(void *arg, const struct rollout *rollout),
                     void *arg);
/* Waits at most `ms` (0: for as long as it takes). true when all is done. Also true when the
 * engine has been stopped and nothing of the wave runs any more: see engine_stopped. */
bool wave_wait(struct wave *wave, uint64_t ms);

/* After wave_wait; in the order they were added. One thread starts the waves and waits for them. */
size_t wave_rollout_count(const struct wave *wave);
struct rollout *wave_rollout(struct wave *wave, size_t index);
size_t wave_call_count(const struct wave *wave);
const struct model_reply *wave_reply(const struct wave *wave, size_t index);

/* What the wave has journaled, or still will, is left out of the finished journal. */
void wave_forget(struct wave *wave);
/* Gives a wave up: what has not begun never will. Frees it as soon as nothing of it runs. */
void wave_destroy(struct wave *wave);
