/* SPDX-License-Identifier: MIT */
/* The task os: its instance and its functions. */
#pragma once

#include <grasp/grasp.h>

#include "dataset.h"

/* The texts of the environment, prompts/os_*.md. */
struct os_texts {
    grasp_str system, task;
    grasp_str no_tool_call, invalid_function, no_action;
    grasp_str output, output_empty, truncated, undecodable;
    grasp_str writer_guidance, tools, omitted;
};

struct os {
    const grasp_json *json;
    const grasp_machines *machines;
    bool reference;     /* compat: reference */
    bool text_protocol; /* Think and Act, as AgentBench once had them */
    int32_t max_turns;
    uint32_t command_ms;
    grasp_machine_request machine; /* texts are the instance's */
    grasp_str image;               /* with an engine: of all problems; empty: each its own */
    grasp_str npm_layers;          /* of problems with the image "packages"; empty for none */
    bool plain;                    /* a machine without npm, and without packages to install */
    struct os_texts texts;
    struct os_dataset set;
    struct pool pool; /* everything that lives as long as the instance */
};

int32_t os_open(grasp_call *call, grasp_str config, void **out_self);
int32_t os_info(grasp_call *call, void *self);
int32_t os_samples(grasp_call *call, void *self, grasp_str split);
int32_t os_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed, void **out_episode);
int32_t os_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply);
void os_end(grasp_call *call, void *self, void *episode);
int32_t os_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                 grasp_str judge);
void os_close(grasp_call *call, void *self);

/* machine.c: the image of a container for problems that name theirs so, unless there is a root. */
void os_machine_image(const struct os *self, struct pool *pool, grasp_str name,
                      grasp_machine_request *request);

extern const grasp_rehearsal os_rehearsal;
