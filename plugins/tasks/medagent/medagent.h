/* SPDX-License-Identifier: MIT */
/* The tasks medagent (MedAgentBench) and v2 (MedAgentBench-v2): their instance and functions. */
#pragma once

#include <grasp/grasp.h>

#include "common/embedded.h"
#include "common/pool.h"
#include "first_message.h"
#include "sample.h"
#include "source.h"

#define SPLIT_COUNT 4
#define SAMPLES_PER_TYPE 30
#define SAMPLE_COUNT (TYPE_COUNT * SAMPLES_PER_TYPE)

struct task_sample {
    grasp_str id;
    grasp_str mrn;      /* empty for one that is not about a patient who exists */
    grasp_str solution; /* of v1 type 1: the MRN or the text for none */
    grasp_str json;     /* the object that samples() emits */
};

struct split {
    const char *name;
    struct task_sample *samples;
    size_t count;
};

/* The texts of the environment's replies. */
struct replies {
    grasp_str get_ok, get_error, post_accepted, post_invalid, post_note;
};

/* Notes behind accepted POSTs: none, in the history only, or shown to the agent too. */
enum post_notes { NOTES_NONE, NOTES_LOG, NOTES_SHOWN };

struct medagent {
    const grasp_json *json;
    enum version version;
    bool reference; /* compat: reference */
    int32_t max_turns;
    enum post_notes post_notes;
    grasp_str clock; /* what the machine's clock is taken for; empty for what it says */
    grasp_str prompts_dir;
    grasp_str data; /* folder with the benchmark's own files, empty for our tasks */
    grasp_str fhir; /* file or folder of resources, empty for generated ones */
    uint64_t seed;
    struct split splits[SPLIT_COUNT];
    struct first_message first;
    struct replies replies;
    grasp_str writer_guidance;
    struct source source;
    struct pool pool; /* everything that lives as long as the instance */
};

extern const grasp_task medagent_v1_task, medagent_v2_task;
extern const struct embedded_file medagent_prompts[];

int32_t medagent_v1_open(grasp_call *call, grasp_str config, void **out_self);
int32_t medagent_v2_open(grasp_call *call, grasp_str config, void **out_self);
void medagent_close(grasp_call *call, void *self);
int32_t medagent_info(grasp_call *call, void *self);
int32_t medagent_samples(grasp_call *call, void *self, grasp_str split);
int32_t medagent_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed,
                       void **out_episode);
int32_t medagent_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply);
void medagent_end(grasp_call *call, void *self, void *episode);
int32_t medagent_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                       grasp_str judge);

/* A sample's object as text into a struct that lives as long as the call. */
int32_t medagent_read_sample(grasp_call *call, const struct medagent *self, grasp_str text,
                             struct sample *out);
/* A prompt file; `names`: its placeholders, ended by NULL. Lives as long as the instance. */
int32_t medagent_prompt(grasp_call *call, struct medagent *self, const char *name,
                        const char *const *names, grasp_str *out);
/* The same as JSON, which lives as long as the call. */
int32_t medagent_prompt_json(grasp_call *call, struct medagent *self, const char *name,
                             const char *const *names, const grasp_json_value **out);
