/* SPDX-License-Identifier: MIT */
/*
 * What methods have in common that learn by asking a writer, without probes: an instance and its
 * knowledge. lesson.h has the step from a batch of rollouts to the next knowledge.
 *
 * A method describes itself in a struct learner_kind; the functions below that have the form of
 * the SDK's then go into its table as they are, with the thread roles that they have there.
 */
#pragma once

#include <grasp/grasp.h>

#include "common/embedded.h"
#include "common/options.h"
#include "common/pool.h"
#include "common/prompts.h"
#include "common/template.h"

struct lesson;

/* What every prompt may use: what the task says about itself. */
#define LEARNER_PLACEHOLDERS "family", "hints", "labels"

/* What tells one method from another. */
struct learner_kind {
    size_t size; /* of the instance, which begins with a struct learner */
    const struct option *options;
    size_t options_at; /* of their struct in the instance */
    const struct embedded_file *files;
    const struct prompt_file *prompts; /* may also use LEARNER_PLACEHOLDERS, unless as they are */
    int32_t compat_placement;
    const char *unit, *folder;
    const char *compat_order; /* "order" under compat: reference */

    const char *const *names; /* of the knowledge file, in the order of preference; ended by NULL */
    size_t knowledge_size;    /* of a struct that begins with a struct pool */
    /* Reads knowledge into a zeroed struct. file: the one of `names` that is there, or NULL. False
     * with *out_why if it cannot be read: under compat: reference it then counts as none. */
    bool (*read)(grasp_call *call, const void *self, const grasp_files *files,
                 const grasp_file *file, void *knowledge, grasp_str *out_why);
    /* From the lesson's rollouts to the next knowledge, which is emitted, or nothing. */
    int32_t (*learn)(struct lesson *lesson, void *self, const grasp_files *files);
};

struct learner {
    const struct learner_kind *kind;
    struct pool pool;
    struct common_options common;
    /* What the task says about itself, for prompts; labels are "- tag: description" lines and
     * empty without `show_tags`. */
    grasp_str family, hints, labels;
};

int32_t learner_open(grasp_call *call, const struct learner_kind *kind, grasp_str config,
                     grasp_str task, void **out_self);
int32_t learner_info(grasp_call *call, void *self);
int32_t learner_load(grasp_call *call, void *self, const grasp_files *files, void **out_knowledge);
void learner_unload(grasp_call *call, void *self, void *knowledge);
int32_t learner_learn(grasp_call *call, void *self, const grasp_lab *lab, const grasp_files *files,
                      const void *knowledge, grasp_str batch);
void learner_close(grasp_call *call, void *self);

/* The members of a method's table that are the same for all learners. */
#define LEARNER_MEMBERS                                                                            \
    .info = learner_info, .load = learner_load, .unload = learner_unload, .learn = learner_learn,  \
    .close = learner_close

/* The first of these names that is there; NULL if none is. names: ended by NULL. */
const grasp_file *learner_file(const grasp_files *files, const char *const *names);
