/* SPDX-License-Identifier: MIT */
/* The task alfworld: its instance and its functions. */
#pragma once

#include <grasp/grasp.h>

#include "games.h"

/* The texts of the environment, prompts/alfworld_*.md. */
struct alf_texts {
    grasp_str system, task, reminder;
    grasp_str no_tool_call, bad_arguments, writer_guidance, tools, omitted;
};

struct alfworld {
    const grasp_json *json;
    bool reference; /* compat: reference */
    bool reminder;
    int32_t max_turns;
    struct alf_texts texts;
    struct games games;
    struct pool pool; /* everything that lives as long as the instance */
};

int32_t alfworld_open(grasp_call *call, grasp_str config, void **out_self);
int32_t alfworld_info(grasp_call *call, void *self);
int32_t alfworld_samples(grasp_call *call, void *self, grasp_str split);
int32_t alfworld_begin(grasp_call *call, void *self, grasp_str sample, uint64_t seed,
                       void **out_episode);
/* The same with a game from elsewhere, which must outlive the episode. */
int32_t alfworld_begin_game(grasp_call *call, struct alfworld *self, const struct world *world,
                            void **out_episode);
int32_t alfworld_step(grasp_call *call, void *self, void *episode, const grasp_reply *reply);
void alfworld_end(grasp_call *call, void *self, void *episode);
int32_t alfworld_grade(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                       grasp_str judge);
void alfworld_close(grasp_call *call, void *self);

/* What the game says, as the agent is shown it: without the number of the place it arrived at. */
grasp_str alfworld_observation(grasp_str text);

extern const grasp_rehearsal alfworld_rehearsal;
