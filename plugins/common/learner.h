/* SPDX-License-Identifier: MIT */
/*
 * What methods have in common that learn by asking a writer, without probes: an instance, its
 * knowledge, and the step from a batch of rollouts to the next knowledge.
 */
#pragma once

#include "common/embedded.h"
#include "common/options.h"
#include "common/pool.h"
#include "common/template.h"

struct prompt_file {
    const char *name; /* NULL ends the list */
    const char *const *placeholders;
    size_t at; /* of the grasp_str in the instance */
};

/* What tells one method from another. */
struct learner_kind {
    size_t size; /* of the instance, which begins with a struct learner */
    const struct option *options;
    size_t options_at; /* of their struct in the instance */
    const struct embedded_file *files;
    const struct prompt_file *prompts;
    int32_t compat_placement;
};

struct learner {
    struct pool pool;
    struct common_options common;
    /* What the task says about itself, for prompts; labels are "- tag: description" lines and
     * empty without `show_tags`. */
    grasp_str family, hints, labels;
};

int32_t learner_open(grasp_call *call, const struct learner_kind *kind, grasp_str config,
                     grasp_str task, void **out_self);
/* Emits the info. compat_order: "order" under compat: reference. */
int32_t learner_info(grasp_call *call, const void *self, const char *unit, const char *folder,
                     const char *compat_order);
void learner_close(grasp_call *call, void *self);

/* Knowledge is a struct that begins with a struct pool, calloc'd. */
void *learner_knowledge(grasp_call *call, size_t size); /* NULL after fail() */
void learner_unload(grasp_call *call, void *self, void *knowledge);
/* The text of the first of these names that is there; NULL if none is. names: ended by NULL. */
const grasp_file *learner_file(const grasp_files *files, const char *const *names);
/* "name: why" of a file that is no such JSON. */
int32_t learner_refuse(grasp_call *call, const grasp_file *file, grasp_str why);

/* A rollout of the batch. Texts live until the call returns. */
#define NO_RESPONSE "(the agent gave no response)"
struct rollout {
    grasp_str id, status, error;
    bool available, correct;
    grasp_str instruction; /* empty if the task gives none */
    grasp_str context;
    grasp_str answer, expected; /* expected: empty without `show_answers` */
    bool has_answer, has_expected;
    grasp_str tags; /* "a, b"; empty without `show_tags` */
    grasp_str response;
    const grasp_json_value *actions, *history, *used;
};

/* One call of learn. */
struct lesson {
    grasp_call *call;
    const grasp_lab *lab;
    const grasp_json *json;
    const struct learner *self;
    struct pool pool;
    int64_t epoch, cycle;
    bool last;
    struct rollout *rollouts;
    size_t count;
    grasp_str clock; /* where in the run this is; stands for times, which no file may hold */
};

int32_t lesson_open(grasp_call *call, const void *self, const grasp_lab *lab, grasp_str batch,
                    struct lesson *out);
void lesson_close(struct lesson *lesson);
#define CLEANUP_LESSON __attribute__((cleanup(lesson_close)))

/* Reads one rollout, as the lab gives it, with "sample". */
bool rollout_read(struct lesson *lesson, const grasp_json_value *value, struct rollout *out);
/* Wrong, and not by a fault of the environment. */
bool rollout_failed(const struct rollout *rollout);
/* The instruction, or the sample's id. */
grasp_str rollout_task(const struct rollout *rollout);

struct request {
    grasp_str system; /* empty for none */
    grasp_str user;
};
struct answer {
    bool ok; /* else the call failed for good, and the text is empty */
    grasp_str text;
};
/* Asks the writer all of them side by side. */
int32_t lesson_ask(struct lesson *lesson, const struct request *requests, size_t count,
                   struct answer *out);
grasp_str lesson_fill(struct lesson *lesson, grasp_str prompt, const struct binding *bindings);
/* Appends a JSON value to the array in a file of the epoch's folder. */
int32_t lesson_note(struct lesson *lesson, const char *file, const struct text *json);
/* Emits the files. */
int32_t lesson_emit(struct lesson *lesson, const grasp_file *files, size_t count);

/* The value of JSON text in Python's form with an indent of two. */
grasp_str pretty_json(grasp_call *call, grasp_str text);
/* A string as it is, null as nothing, anything else as JSON. */
grasp_str value_text(grasp_call *call, const grasp_json_value *value);
static inline const grasp_json_value *member_of(const grasp_json *json,
                                                const grasp_json_value *object, const char *key)
{
    return json->get(object, grasp_cstr(key));
}
static inline grasp_str member_text(const grasp_json *json, const grasp_json_value *object,
                                    const char *key)
{
    return json->as_string(member_of(json, object, key));
}
/* `, "key": "value"`. */
void put_member(struct text *out, const char *key, grasp_str value);
/* The elements of an array as texts, for NULL and others none. */
grasp_str *value_strings(grasp_call *call, struct pool *pool, const grasp_json_value *list,
                         size_t *out_count);
/* A JSON array of strings. */
void put_strings(struct text *out, const grasp_str *items, size_t count);
