/* SPDX-License-Identifier: MIT */
/* FHIR-AgentBench: questions about a patient's chart, answered with tools. One task for each of the
 * agent's strategies, which differ in their tools, their prompt and the turns they have. */
#pragma once

#include <grasp/grasp.h>

#include "code/code.h"
#include "common/embedded.h"
#include "common/pool.h"
#include "questions.h"
#include "source.h"
#include "strategy.h"

struct fhir_agent {
    const grasp_json *json;
    const struct strategy *strategy;
    bool reference; /* compat: reference */
    bool merge, reminder, tool_errors, judge_all;
    int64_t max_turns;
    int64_t result_chars; /* of resources shown to the agent; 0: no limit */
    int64_t trace_chars;  /* of a tool's result in the record; 0: no limit */
    int64_t code_timeout; /* seconds */
    grasp_str judge_name; /* of the judge in the keys of `verdicts` */
    grasp_str prompts_dir;
    grasp_str system, reminder_text, judge_text, writer_guidance, tools;
    struct split splits[SPLIT_COUNT];
    struct source source;
    struct code *code;              /* NULL for strategies without Python */
    struct verdict_cache *verdicts; /* NULL for none */
    struct pool pool;               /* everything that lives as long as the instance */
};

extern const grasp_task fhir_agent_multi_turn_code_resource, fhir_agent_multi_turn_resource,
    fhir_agent_single_turn_code_resource, fhir_agent_single_turn_resource,
    fhir_agent_single_turn_request;
extern const struct embedded_file fhir_agent_prompts[];

/* open.c. [exclusive self] */
int32_t fhir_agent_open(grasp_call *call, grasp_str config, const struct strategy *strategy,
                        void **out_self);
void fhir_agent_close(grasp_call *call, void *self);
/* info.c */
int32_t fhir_agent_info(grasp_call *call, void *self);
int32_t fhir_agent_samples(grasp_call *call, void *self, grasp_str split);
/* episode.c */
int32_t fhir_agent_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed,
                         void **out_episode);
int32_t fhir_agent_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply);
void fhir_agent_end(grasp_call *call, void *self, void *episode);
/* grade.c */
int32_t fhir_agent_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                         grasp_str judge);
