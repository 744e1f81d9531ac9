/* SPDX-License-Identifier: MIT */
/* An episode of a task, played by a test or by the task's own rehearsal. */
#pragma once

#include "mock_host.h"

struct mock_episode {
    struct mock_host *host;
    const grasp_task *task;
    void *self;
    void *handle;
    char *sample;
    char *tools; /* JSON array of {"name"}: what the rehearsal is offered; set by the test, and by
                    the task that says so. NULL for none */

    struct mock_message *messages; /* the conversation, with the agent's turns */
    size_t count;
    struct mock_texts actions;
    size_t turns;
    bool done;
    struct mock_text status, answer, raw;
};

/* Starts an episode, which must succeed. The sample is copied. */
void mock_episode_begin(struct mock_episode *episode, struct mock_host *host,
                        const grasp_task *task, void *self, const char *sample);
/* Takes a turn with this reply, which must succeed. */
void mock_episode_step(struct mock_episode *episode, const grasp_reply *reply);
void mock_episode_say(struct mock_episode *episode, const char *text);
/* What the rehearsal says next, to be freed by the caller; nothing is taken for a turn. guidance:
 * as below. */
void mock_episode_ask(struct mock_episode *episode, const char *guidance, char **out_text,
                      char **out_calls);
/* Plays the episode to its end with the rehearsal of the task; guidance, if not NULL, is placed
 * at each turn as "recent" says. */
void mock_episode_rehearse(struct mock_episode *episode, const char *guidance);
/* Grades it: the verdict is in the host. */
void mock_episode_grade(struct mock_episode *episode);
void mock_episode_end(struct mock_episode *episode);

/* The rollout as grade reads it; to be freed by the caller. */
char *mock_episode_rollout(const struct mock_episode *episode);
