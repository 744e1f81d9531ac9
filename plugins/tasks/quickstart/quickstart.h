/* SPDX-License-Identifier: MIT */
/* The task: its instance and its functions. */
#pragma once

#include <grasp/grasp.h>

#include "cohort.h"
#include "template.h"

#define SPLIT_COUNT 4
#define FORM_COUNT 3

/* What is left open in a form's templates. */
enum { HOLE_NUMBER, HOLE_MRN, HOLE_SEARCH_RESULT };

/* A way to ask the question. */
struct form {
    const char *type;
    int32_t window_hours;
    struct template sample;  /* JSON object of a sample */
    struct template message; /* first message */
};

struct split {
    const char *name;
    uint32_t first; /* number of its first sample, from 0 over all splits */
    uint32_t count;
};

struct quickstart {
    const grasp_json *json;
    struct cohort cohort;
    uint32_t *order; /* sample number -> patient number */
    struct split splits[SPLIT_COUNT];
    struct form forms[FORM_COUNT];
    struct template get_ok; /* hole 0: the body */
    struct template get_error;
    grasp_str post_accepted;   /* owned */
    grasp_str writer_guidance; /* owned */
    int32_t max_turns;
    bool preloaded;
};

struct sample_view {
    uint32_t number;
    const struct patient *patient;
    const struct form *form;
};

/* Looks a sample up by the id in its JSON. GRASP_E_INVALID if it is none of this task. */
int32_t quickstart_sample(grasp_call *call, const struct quickstart *self, grasp_str sample,
                          struct sample_view *out);
/* The sample with a number below that of all samples. */
struct sample_view quickstart_sample_at(const struct quickstart *self, uint32_t number);

int32_t quickstart_open(grasp_call *call, grasp_str config, void **out_self);
int32_t quickstart_info(grasp_call *call, void *self);
int32_t quickstart_samples(grasp_call *call, void *self, grasp_str split);
int32_t quickstart_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed,
                         void **out_episode);
int32_t quickstart_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply);
void quickstart_end(grasp_call *call, void *self, void *episode);
int32_t quickstart_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                         grasp_str judge);
void quickstart_close(grasp_call *call, void *self);

extern const grasp_rehearsal quickstart_rehearsal;
