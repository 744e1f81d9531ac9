/* SPDX-License-Identifier: MIT */
/* The task dbbench: its instance and its functions. */
#pragma once

#include <grasp/grasp.h>

#include "database.h"
#include "dataset.h"

/* The texts of the environment, prompts/dbbench_*.md. */
struct db_texts {
    grasp_str system, task, reminder;
    grasp_str no_tool_call, bad_arguments, unknown_tool, empty_response, timeout, driver_error;
    grasp_str invalid_reply, writer_guidance, tools, omitted;
};

struct dbbench {
    const grasp_json *json;
    bool reference;     /* compat: reference */
    bool text_protocol; /* actions in the text, as AgentBench once had them */
    bool reminder;
    int32_t max_turns;
    struct db_texts texts;
    struct dataset set;
    struct database_source *source;
    struct pool pool; /* everything that lives as long as the instance */
};

int32_t dbbench_open(grasp_call *call, grasp_str config, void **out_self);
/* The same with databases from elsewhere, which the instance then owns. */
int32_t dbbench_open_with(grasp_call *call, grasp_str config, struct database_source *source,
                          void **out_self);
/* A response as the agent is shown it: 800 characters of it. */
void dbbench_show(struct text *out, grasp_str response);
int32_t dbbench_info(grasp_call *call, void *self);
int32_t dbbench_samples(grasp_call *call, void *self, grasp_str split);
int32_t dbbench_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed,
                      void **out_episode);
int32_t dbbench_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply);
void dbbench_end(grasp_call *call, void *self, void *episode);
int32_t dbbench_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                      grasp_str judge);
void dbbench_close(grasp_call *call, void *self);

extern const grasp_rehearsal dbbench_rehearsal;
