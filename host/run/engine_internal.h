/* SPDX-License-Identifier: MIT */
/* Shared by engine.c (waves and scheduling), episode.c (the state machine) and call.c (model calls
 * with the journal). */
#pragma once

#include <pthread.h>

#include "run/engine.h"
#include "run/memo.h"

struct engine {
    struct engine_options options;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct job_queue {
        struct job *first, **end;
    } waiting[2];  /* first in, first out; the second when the first is empty */
    size_t active; /* episodes and calls that have begun */
    int stop_code; /* read without the lock by episodes */
    char stop_text[1024];
    bool any_success;
    struct memo *memo; /* NULL: nothing is reused */
};

/* A model call with a place in the journal. */
struct engine_call {
    struct model_call model; /* first: done gets a pointer to it */
    struct engine *engine;
    void *owner;
    enum phase phase;
    struct wave *wave;
    uint64_t generation; /* of the memo, when the job was put in line */
    struct str place;
    bool reusable; /* an independent draw is not asked for */
    bool reused;   /* the reply is that of an earlier call */
    bool cached;   /* the reply is that of another run */
    bool draw;     /* an independent one is asked for: no cache has it */
    bool anew;     /* what is known of it was of no use */
    char fingerprint[65];
    struct arena arena; /* of the reply */
    void (*done)(struct engine_call *call);
};

/* The line of a place in the wave, without the prefix too: a finished journal has none. */
bool engine_find(const struct wave *wave, struct str place, struct str *out_line);
/* The same for every place of the wave, whether or not it goes ahead. */
uint64_t engine_place_seed(const struct wave *wave, struct str place);
/* Answers from the journal or an earlier call (true: the reply is there, done is not called) or
 * sends. */
bool engine_call_start(struct engine_call *call);
/* The judge's reply has proved of use: lets later waves have it, and other runs (--cache). */
void engine_call_proved(struct engine_call *call);
/* Of equal calls of a wave the later ones ask for other draws. */
void engine_call_mark_draws(struct wave *wave);
/* The model that plays a role. */
struct model *engine_model(const struct engine *engine, enum model_role role);
/* A call of an episode that is replayed: keeps its journal line, and its reply for later waves,
 * if it is reusable (for the judge's, if its line says so too). false if it is not in the journal,
 * or an earlier reply served where now none does, or the other way round. */
bool engine_call_replay(const struct job *job, struct str place, bool reusable);
/* Appends to the journal, for the next flush: before a call goes out, and before a job is over. A
 * journal that cannot be written stops the engine, and the flush returns false. */
void engine_record(struct engine *engine, struct str place, struct str members);
bool engine_flush(struct engine *engine);
/* A call of the method that stays without an answer: journaled, so that a resumed run has the same
 * past, and listed. */
void engine_call_missing(struct engine_call *call);
/* Did the call end the run? Then its text is in the engine. */
void engine_call_failed(struct engine *engine, const struct model_reply *reply);

enum job_kind { JOB_ROLLOUT, JOB_CALL };

struct job {
    struct wave *wave;
    struct job *next;
    enum job_kind kind;
    bool over;           /* under the engine's mutex */
    uint64_t generation; /* of the memo, when it was put in line */
    struct pool_task task;
};

/* Many wait, few run: what only a rollout that has begun needs is not here. */
struct rollout_job {
    struct job job;
    const struct sample *sample;
    uint32_t repeat;
    bool held; /* until the wave is settled */
    struct knowledge *knowledge;
    struct rollout *rollout; /* NULL until it begins, and once it was handed out */
    struct episode *episode; /* while it runs */
};

struct call_job {
    struct job job;
    struct engine_call call;
    struct arena arena; /* of the request */
};

struct wave {
    struct engine *engine;
    enum phase phase;
    char *place;
    char *marker;                 /* NULL: none */
    size_t ahead;                 /* length of the prefix of the place that may be lost again */
    struct rollout_job *rollouts; /* do not move once the wave has started */
    size_t rollout_count, rollout_capacity;
    struct call_job **calls;
    size_t call_count, call_capacity;

    void (*each)(void *arg, const struct rollout *rollout); /* NULL: they are kept */
    void *each_arg;
    size_t handed_out; /* to each; by the thread that waits */

    struct memo_batch replies;
    bool others_first;

    /* under the engine's mutex */
    size_t running, done, held, correct, missing;
    size_t wake_at; /* done by which the thread that waits has something to hand out */
    bool started, dropped;
    pthread_cond_t changed;
};

/* Takes a job further until it waits for a reply or is done; a worker. */
void episode_run(struct rollout_job *job);
/* Called by a job that has come to its end. */
void engine_job_done(struct job *job, bool correct, bool missing);
/* A number that depends on the run's seed and these texts only. */
uint64_t engine_seed(const struct engine *engine, struct str a, struct str b);
/* The same for the `seed` of a model call: 31 bits, which every endpoint takes. */
uint64_t engine_call_seed(const struct engine *engine, struct str place);
