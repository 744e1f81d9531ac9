/* SPDX-License-Identifier: MIT */
/* What the graders of all types share: the rollout they judge, and the checks that name the rule
 * that was broken. A grader states what must hold; the verdict is right if all of it does. */
#pragma once

#include "../evidence.h"
#include "../posts.h"
#include "../pyvalue.h"
#include "../tags.h"

struct grader {
    grasp_call *call;
    const grasp_json *json;
    const struct sample *sample;
    bool reference; /* keep what is wrong in the reference */
    grasp_str base; /* address of the server, with a slash at its end */
    struct when now;
    struct when wall; /* the machine's clock when the episode ended */
    const struct posts *posts;
    grasp_str answer;
    const grasp_json_value *evidence; /* array */

    /* For those who want to know what was read: each query once it is asked for. */
    void (*asked)(void *context, grasp_str query);
    void *context;

    uint64_t tags;
    bool failed;
};

typedef void (*grader_fn)(struct grader *g);

/* The grader of a sample's type. */
grader_fn grader_of(const struct sample *sample);

/* The episode is wrong unless `holds`; the tag says why. Returns `holds`. */
bool need(struct grader *g, bool holds, enum tag tag);
/* Nothing can be decided. */
void unusable(struct grader *g);
/* No POST was sent. False if the episode is wrong. */
bool need_read_only(struct grader *g);

/* The resources that answer a query of the sample's plan (0 for the first), or NULL with the
 * episode wrong. */
struct found {
    const grasp_json_value **items; /* resources, in the order of the answer; of the call */
    uint64_t count;
};
bool find(struct grader *g, size_t query, struct found *out);

/* A time of a resource or text; false, and the episode wrong, if it cannot be read. */
bool read_time(struct grader *g, const grasp_json_value *value, struct when *out);
/* Compares; comparing a time with an offset to one without makes the episode wrong. */
int64_t minus(struct grader *g, struct when a, struct when b);

/* An observation: its time and value, both required. */
struct reading {
    struct when time;
    const grasp_json_value *time_value;
    const grasp_json_value *value;
};
bool read_observation(struct grader *g, const grasp_json_value *resource, struct reading *out);

/* The answer as JSON; false, with the episode wrong, if it is not. */
bool read_answer(struct grader *g, const grasp_json_value **out);
/* Is the answer an array of one element, and this one equal to `value`? */
bool answer_is_one(const struct grader *g, const grasp_json_value *answer,
                   const grasp_json_value *value);
bool answer_is_number(const struct grader *g, const grasp_json_value *answer, double number);
bool answer_is_empty(const struct grader *g, const grasp_json_value *answer);

/* Members of a posted resource. */
const grasp_json_value *part(const struct grader *g, const struct post *post, const char *path);
bool part_is(const struct grader *g, const struct post *post, const char *path, const char *text);
/* Exactly {"reference": "Patient/<MRN>"}. */
bool about_patient(const struct grader *g, const struct post *post);
/* Is the member (a string) this word in any case? Absent is the empty word. A member that is no
 * string makes the episode wrong. */
bool part_folds(struct grader *g, const struct post *post, const char *name, const char *word);
/* Is the member absent or of this kind (GRASP_JSON_*)? What is neither stops a grader of the
 * reference. */
bool absent_or(const struct grader *g, const grasp_json_value *object, const char *name,
               int32_t kind);
