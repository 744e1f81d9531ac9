/* SPDX-License-Identifier: MIT */
/* What run, eval and regrade have in common: the options, the configuration, the plugins, the
 * model and the threads behind them, opened in order and closed in the opposite one. */
#pragma once

#include "cli/args.h"
#include "model/budget.h"
#include "plugin/rehearse.h"
#include "run/harness.h"
#include "run/rundir.h"

struct session_options {
    const char *config;
    const char *task, *method, *agent, *writer_agent, *judge_agent;
    const char *out, *run_name;
    const char *concurrency, *knowledge;
    const char *cache, *baseline, *share;
    const char *max_calls, *max_tokens, *max_cost, *prices;
    struct arg_list sets;
    bool resume, retry_missing, force, quiet, verbose, json, dry_run, estimate, help;
};

#define SESSION_RETRY_ARG(o)                                                                       \
    {                                                                                              \
        "retry-missing", 0, NULL, "with --resume: run what could not be run before",               \
            .flag = &(o)->retry_missing                                                            \
    }

/* The part of a command's table that these options make up. */
#define SESSION_ARGS(o)                                                                            \
    {"task", 't', "FILE.so[:NAME]", "task plugin, or its name: quickstart", .text = &(o)->task},   \
        {"method", 'm', "FILE.so[:NAME]", "method plugin, or its name: grasp",                     \
         .text = &(o)->method},                                                                    \
        {"agent", 'a', "PRESET", "model preset: rehearsal (offline), local, gptoss, ...",          \
         .text = &(o)->agent},                                                                     \
        {"writer-agent", 0, "PRESET", "model that writes guidance (default: the agent's)",         \
         .text = &(o)->writer_agent},                                                              \
        {"judge-agent", 0, "PRESET", "model that judges answers (default: the agent's)",           \
         .text = &(o)->judge_agent},                                                               \
        {"config", 'c', "FILE", "configuration (YAML)", .text = &(o)->config},                     \
        {"set", 0, "KEY=VALUE", "override a key: cycle.seed=2, task.X=.., method.X=..",            \
         .list = &(o)->sets},                                                                      \
        {"out", 'o', "DIR", "run directory (default: runs/<date>)", .text = &(o)->out},            \
        {"run-name", 'n', "NAME", "run directory below output_dir", .text = &(o)->run_name},       \
        {"concurrency", 'j', "N", "episodes in flight at once (default 64)",                       \
         .text = &(o)->concurrency},                                                               \
        {"knowledge", 'k', "DIR", "knowledge to begin with", .text = &(o)->knowledge},             \
        {"max-calls", 0, "N", "budget of the whole run: model calls", .text = &(o)->max_calls},    \
        {"max-tokens", 0, "N", "budget of the whole run: tokens", .text = &(o)->max_tokens},       \
        {"max-cost", 0, "DOLLARS", "budget of the whole run, by --prices",                         \
         .text = &(o)->max_cost},                                                                  \
        {"prices", 0, "FILE", "prices of models (default: prices.yaml)", .text = &(o)->prices},    \
        {"cache", 0, "DIR", "replies at temperature 0, shared between runs", .text = &(o)->cache}, \
        {"baseline", 0, "DIR", "run of the same agent, task and seed: its baseline's replies",     \
         .text = &(o)->baseline},                                                                  \
        {"share", 0, "FILE", "limits and budget of a sweep, which hands this on",                  \
         .text = &(o)->share},                                                                     \
        {"quiet", 'q', NULL, "no progress and no summary", .flag = &(o)->quiet},                   \
        {"json", 0, NULL, "the result as JSON on standard output", .flag = &(o)->json},            \
        {"dry-run", 0, NULL, "check everything, show the plan, run nothing",                       \
         .flag = &(o)->dry_run},                                                                   \
    {                                                                                              \
        "verbose", 'v', NULL, "more to read", .flag = &(o)->verbose                                \
    }

struct session {
    struct session_options *options;
    const char *command; /* "run" or "eval": set before session_configure; part of the state */
    const char *split;   /* of eval, before session_open_dir */
    struct config config;
    struct run_config run;
    const struct plugin_entry *task_entry, *method_entry;
    struct json *task_options, *method_options, *agent;
    struct json *state;      /* run.json of the run that is resumed; NULL if there is none */
    bool resuming, complete; /* complete: all is done, now or before */

    struct rundir dir;
    struct loop *loop;
    struct http_client *http;
    struct pool *pool;
    struct rehearsal *rehearsal;
    struct model *model, *writer, *judge; /* the last two NULL where they are the first */
    struct task *task;
    struct method *method;
    struct journal *journal, *baseline; /* the latter of another run; NULL: none */
    struct ledger ledger;
    struct share *share;   /* of a sweep; NULL: none */
    struct budget *budget; /* NULL: none */
    struct cache *cache;   /* NULL: none */
    struct missing *missing;
    struct report report;
    struct engine *engine;
};

/* Reads config, --set and flags, picks the plugins and checks all options; opens nothing. */
int session_configure(struct session *session, struct session_options *options, struct err *err);
/* For regrade: the task of the run in `dir`, with what the options change; no method. */
int session_configure_stored(struct session *session, struct session_options *options,
                             const char *dir, struct err *err);
int session_open_task(struct session *session, struct err *err);
/* The user's own configuration folder; the caller frees it. */
char *session_user_folder(void);
/* Opens task, method and model, and the threads. */
int session_open(struct session *session, struct err *err);
/* The run directory with config.yaml, run.json, run.log and the journal. A resumed run must have
 * the model and the plugin options that it began with: EXIT_CONFIG with what differs. */
int session_open_dir(struct session *session, struct err *err);
/* The engine; signals stop it from now on. */
int session_start(struct session *session, struct err *err);
/* --dry-run: prints what would be run; nothing is written and no model is called. */
int session_show_plan(struct session *session, const struct json *more);
/* run.json: what went into the run, and whether it is complete. */
int session_write_state(struct session *session, bool complete, struct err *err);
/* missing.json: what could not be run; none if everything could. */
int session_write_missing(struct session *session, struct err *err);
/* The error that a run with something missing ends with, else 0. */
int session_missing(struct session *session, struct err *err);
/* Knowledge of the configuration's folder, or none. */
int session_knowledge(struct session *session, struct files **out, struct err *err);
void session_close(struct session *session);
