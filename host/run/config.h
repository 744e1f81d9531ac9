/* SPDX-License-Identifier: MIT */
/*
 * A run's configuration: a YAML file in the reference's form (spec/grasp.md 3.1), --set overrides
 * on top, flags on top of those. Every value knows where it was given, so that errors name it.
 *
 *   task.plugin, method.plugin    what to load; other members of task and method are the plugin's
 *                                 options. Options of the method may also stand in `cycle` and
 *                                 `skills`, where the reference keeps them
 *   agent_preset, agent_temperature
 *   writer_agent, judge_agent     presets of the models that write guidance and judge answers,
 *                                 where they are others than the agent's
 *   agent                         what to change of the preset (agent.max_retries), or, without
 *                                 one, a whole {module, parameters} block
 *   cycle.epochs, update_every, run_baseline, baseline_competes, reuse_calls, overlap,
 *   seed, batch_concurrency
 *   max_calls, max_tokens, max_cost   what the whole run may use; prices: the price file
 *   context_limit, content_filter what a sample comes to whose call ended so: missing or scored
 *   rehearsal_noise               of the rehearsal: share of rollouts that come out the other way
 *   concurrency, episode_timeout, knowledge, test, compat, output_dir
 *   data, eval                    of the reference's files: allowed, and of no effect here
 *   updater                       likewise, but for the writer's decoding (updater.h)
 */
#pragma once

#include "base/json.h"
#include "base/map.h"
#include "run/updater.h"

struct config {
    struct json *tree;
    char *file; /* NULL: no file */
    struct yaml_lines *lines;
    struct map where; /* dotted path -> "--set" or "--flag", for values not from the file */
};

int config_load(const char *path, struct config *out, struct err *err); /* path NULL: empty */
/* One --set argument, "key.sub=value", the value as YAML 1.1 reads it. */
int config_set_text(struct config *config, const char *assignment, struct err *err);
/* From a flag; takes the value over. */
void config_set(struct config *config, const char *dotted, struct json *value, const char *flag);
void config_clear(struct config *config);

/* "file.yaml:12" or "--set"; for error texts. Valid until the next call on the config. */
const char *config_where(struct config *config, const char *dotted);

/* The keys of a configuration, ended by NULL. */
const char *const *config_keys(void);

struct run_config {
    const char *task, *method;              /* as given: "quickstart.so", "agentbench.so:webshop" */
    const char *agent_preset;               /* NULL if there is an inline agent */
    const struct json *agent;               /* inline block, or NULL */
    const char *writer_agent, *judge_agent; /* presets; NULL: the agent's */
    struct updater updater;
    bool has_temperature;
    double temperature;
    const char *output_dir;
    const char *knowledge; /* folder, or NULL */
    int64_t epochs, update_every, seed;
    int64_t max_calls, max_tokens; /* of the whole run; -1: no limit */
    double max_cost;               /* dollars; -1: no limit */
    const char *prices;            /* file, or NULL */
    size_t concurrency;
    double episode_timeout; /* seconds; 0: none */
    double rehearsal_noise; /* share of rollouts whose verdict is turned round */
    bool run_baseline, test, compat_reference;
    bool baseline_competes; /* for the best checkpoint; by default unless compat is reference */
    bool reuse_calls;       /* of agent and judge at temperature 0; by default likewise */
    bool overlap;           /* evaluations run beside learning; by default likewise */
    /* The task is told, and scores the sample; by default if compat is reference. */
    bool score_context_limit, score_content_filter;
};

/* Checks all keys but those of the plugins. EXIT_CONFIG with "where: what; what to do". */
int config_read(struct config *config, struct run_config *out, struct err *err);

/* The options given for a plugin: its block without "plugin", and for methods what stands under a
 * name of the schema in cycle, in skills and in the block that the reference has for the method of
 * that id. A new object. Unknown keys of these blocks are found here. */
int config_task_options(struct config *config, const struct json *schema, struct json **out,
                        struct err *err);
int config_method_options(struct config *config, const char *method, const struct json *schema,
                          struct json **out, struct err *err);

/* The preset's name: the flag, else the environment's, else the configuration's; an empty one falls
 * through. NULL if there is none. */
const char *config_agent_name(const char *flag, const char *environment, const char *configured);

/* Keys in which two run configurations differ in a way that changes results, one a line;
 * empty if they are the same run. */
void config_diff(const struct json *before, const struct json *now, struct buf *out);
