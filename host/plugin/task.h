/* SPDX-License-Identifier: MIT */
/* Tasks, in the host's types. Errors of a plugin have code EXIT_PLUGIN and its own text; what a
 * plugin reports as GRASP_E_UNAVAILABLE has EXIT_UNAVAILABLE, GRASP_E_INVALID in open has
 * EXIT_CONFIG, cancelled calls EXIT_SIGINT. All functions may block. */
#pragma once

#include "base/mem.h"
#include "model/model.h"
#include "plugin/plugin.h"

struct task;

enum placement {
    PLACE_TASK,
    PLACE_RECENT,
    PLACE_FIRST,
    PLACE_SYSTEM,
    PLACE_FIELD,
    PLACE_OPENING,
};

/* How much of a long conversation is sent; see run/window.h. */
struct task_window {
    int64_t max_segments; /* 0: all of it */
    bool whole;
    struct str notice;
};

struct task_info {
    const char *name;
    int64_t max_turns;
    bool blocking;
    struct str tools;       /* JSON array or empty */
    struct str tool_choice; /* as in model_request */
    enum placement placement;
    const char *field; /* of the first message, or NULL */
    struct task_window window;
    const struct json *json; /* all of it */
};

struct sample {
    const char *id;
    const char *type;        /* "other" if the task gives none */
    const char *description; /* "" if the task gives none */
    struct str json;         /* the object, one line */
    struct str answer;       /* its member "answer", JSON; "null" if it has none */
};

struct samples {
    struct sample *items;
    size_t count;
    char *texts; /* of all items */
    size_t size;
    bool mapped; /* from a file */
};

/* config: options after options_check. */
int task_open(const struct plugin_entry *entry, const struct json *config, struct task **out,
              struct err *err);
const struct task_info *task_info(const struct task *task);
bool task_has_split(const struct task *task, const char *split);
/* Ids unique within the split, checked. EXIT_USAGE for an unknown split, with those there are. */
int task_samples(struct task *task, const char *split, struct samples *out, struct err *err);
/* Texts that were read need not stay in memory; those read from now on will. Any thread. */
void samples_let_go(const struct samples *samples);
void samples_clear(struct samples *samples);

/* What begin and step gave out, in order; texts live in the arena. */
struct turn_sink {
    struct arena *arena;
    struct message *messages;
    size_t count, capacity; /* malloc'd arrays, kept from turn to turn */
    struct str *actions;
    size_t action_count, action_capacity;
    bool done;
    struct str status, answer, raw;
    struct str tools; /* JSON array of names: those to be offered; empty for all */
};
void turn_sink_clear(struct turn_sink *sink);

struct task_episode; /* a running episode */

/* cancelled: may be NULL; read by the plugin's cancelled(). */
int task_begin(struct task *task, const struct sample *sample, uint64_t seed,
               const volatile int *cancelled, struct turn_sink *sink, struct task_episode **out,
               struct err *err);
int task_step(struct task_episode *episode, const struct model_reply *reply, struct turn_sink *sink,
              struct err *err);
void task_end(
    struct task_episode *episode); /* NULL is fine; removes its scratch folder, sessions */

struct verdict {
    bool correct;
    double score;
    struct str tags;   /* JSON array, "[]" if none or correct */
    struct str detail; /* JSON object or empty */
};

/* requests: JSON array of judge requests, empty if there is a verdict. Texts in the arena. */
int task_grade(struct task *task, const struct sample *sample, struct str rollout, struct str judge,
               struct arena *arena, struct verdict *out_verdict, struct str *out_requests,
               struct err *err);
void task_close(struct task *task);
