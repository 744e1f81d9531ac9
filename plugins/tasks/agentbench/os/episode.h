/* SPDX-License-Identifier: MIT */
/* An episode: one problem on one machine. */
#pragma once

#include "action.h"
#include "check.h"
#include "os.h"

struct os_episode {
    const struct problem *problem;
    grasp_machine *machine;
    struct pool pool;
    int32_t turns;
    bool done;
    /* What the grader's tags are made from. */
    int32_t commands;     /* of the agent's that were run */
    int32_t silent_turns; /* without a tool call, or an action that is known */
    int32_t bad_turns;    /* with a tool that is not there, or arguments that are none */
    bool cut;             /* an output was longer than is shown */
};

/* machine.c: what the machine says, as the episode needs it. Not GRASP_OK: the sample cannot be
 * run.
 */
int32_t os_machine_open(grasp_call *call, const struct os *self, struct os_episode *episode);
/* Init and start. *out_reason: what went wrong with a script; empty if all is well. */
int32_t os_machine_prepare(grasp_call *call, const struct os *self, struct os_episode *episode,
                           struct text *out_reason);
enum os_shell { OS_SHELL_DONE, OS_SHELL_HUNG, OS_SHELL_OVER_LIMIT };
int32_t os_machine_type(grasp_call *call, const struct os *self, struct os_episode *episode,
                        grasp_str script, struct text *out, enum os_shell *out_end);
struct check_runner os_machine_runner(struct os_episode *episode);

/* end.c: how an episode ends. */
int32_t os_end_graded(grasp_call *call, const struct os *self, struct os_episode *episode,
                      const struct action *action);
/* reason: for result.reason or result.error, by the status; NULL for none. */
int32_t os_end_wrong(grasp_call *call, const struct os *self, struct os_episode *episode,
                     const char *status, const char *member, grasp_str reason);
