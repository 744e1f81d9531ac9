/* SPDX-License-Identifier: MIT */
/*
 * One call of a method's learn: the batch as it is learned from, and what the writer is asked.
 * Texts and values live until the call returns. [exclusive learner: the host's learner thread]
 */
#pragma once

#include "common/learner.h"
#include "common/text.h"
#include "common/value.h"

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
    const grasp_file *file; /* of the knowledge as it is; NULL if there is none */
    grasp_str clock;        /* where in the run this is; stands for times, which no file may hold */
};

int32_t lesson_open(grasp_call *call, const void *self, const grasp_lab *lab, grasp_str batch,
                    struct lesson *out);
void lesson_close(struct lesson *lesson);
#define CLEANUP_LESSON __attribute__((cleanup(lesson_close)))

/* Reads one rollout, as the lab gives it, with "sample". False if it has no "sample_id". */
bool rollout_read(struct lesson *lesson, const grasp_json_value *value, struct rollout *out);
/* Wrong, and not by a fault of the environment. */
bool rollout_failed(const struct rollout *rollout);
/* The instruction, or the sample's id. */
grasp_str rollout_task(const struct rollout *rollout);
/* Was this id among what the agent was shown? */
bool rollout_used(const struct lesson *lesson, const struct rollout *rollout, grasp_str id);

struct request {
    grasp_str system; /* empty for none */
    grasp_str user;
};
struct answer {
    bool ok; /* else the call failed for good, and the text is empty */
    grasp_str text;
};
/* A prompt with its placeholders filled: these (ended by a NULL name) and LEARNER_PLACEHOLDERS. */
grasp_str lesson_fill(struct lesson *lesson, grasp_str prompt, const struct binding *bindings);
/* Asks the writer all of them side by side. An error only where the step cannot go on; a call that
 * failed for good is an answer that is not ok. */
int32_t lesson_ask(struct lesson *lesson, const struct request *requests, size_t count,
                   struct answer *out);
/* Questions that are put together and then asked side by side. A zeroed struct is an empty round.
 */
struct round {
    struct request *requests;
    struct answer *answers; /* one each, once they were asked */
    size_t count, capacity;
};
/* Two prompts, filled from the same bindings; system: empty for none. */
void round_add(struct lesson *lesson, struct round *round, grasp_str system, grasp_str user,
               const struct binding *bindings);
int32_t round_ask(struct lesson *lesson, struct round *round);
/* Asks one user message. */
int32_t lesson_ask_one(struct lesson *lesson, grasp_str prompt, const struct binding *bindings,
                       struct answer *out);

/* Appends a JSON value to the array in a file of the epoch's folder. */
int32_t lesson_note(struct lesson *lesson, const char *file, const struct text *json);
/* Makes a JSON value a file of the epoch's folder. */
int32_t lesson_record(struct lesson *lesson, const char *file, const struct text *json);
/* Emits the files as the next knowledge. */
int32_t lesson_emit(struct lesson *lesson, const grasp_file *files, size_t count);
