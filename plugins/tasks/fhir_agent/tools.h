/* SPDX-License-Identifier: MIT */
/* The agent's tools. */
#pragma once

#include "fhir_agent.h"
#include "retrieved.h"

struct toolbox {
    const struct fhir_agent *self;
    struct retrieved retrieved;
    grasp_python_data *held; /* what was retrieved, as Python has it; NULL if that has changed */
};

/* Belongs to an episode; a zeroed struct with `self` set is one. `call` may be NULL. */
void toolbox_close(grasp_call *call, struct toolbox *box);

/* A call as the host gives it. */
struct tool_use {
    grasp_str id, name;
    const grasp_json_value *arguments;
};

/* Does it, and appends what the agent is told. *out_broken: the arguments were not what the tool
 * takes, or nothing could be fetched; `out` then says why. An error is the sample's: it cannot be
 * run. */
int32_t tool_run(grasp_call *call, struct toolbox *box, enum tool tool, const struct tool_use *use,
                 struct text *out, bool *out_broken);
