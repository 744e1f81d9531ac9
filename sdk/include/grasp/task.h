/* SPDX-License-Identifier: MIT */
/*
 * A task is a turn-based environment. The host owns the agent: the task never calls a model, so
 * the host can hold thousands of episodes, replay them, cancel them and account for them.
 *
 *   open -> info -> samples(split) ...            one instance per run
 *     begin -> step -> step -> ... -> end         many episodes at once
 *     grade                                       any number of times, also on stored rollouts
 *   close
 */
#ifndef GRASP_TASK_H
#define GRASP_TASK_H

#include <grasp/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How the model answered. */
#define GRASP_REPLY_TEXT 0 /* text, tool calls or both */
#define GRASP_REPLY_CONTEXT_LIMIT                                                                  \
    1                         /* the conversation is too long for the model; text is empty         \
                               */
#define GRASP_REPLY_REFUSED 2 /* the endpoint's content filter withheld the answer */

/* text: the model's words, as they came, hostile, at most 16 MiB. tool_calls: as in
 * grasp_message. finish_reason: "stop", "length", "tool_calls", "content_filter", or the endpoint's
 * own word. An answer that reached its limit of tokens before the first word never comes here: the
 * host ends the episode with the status "agent output limit". */
typedef struct grasp_reply {
    uint32_t size;
    int32_t kind;
    grasp_str text;
    grasp_str tool_calls;
    grasp_str finish_reason;
} grasp_reply;

typedef struct grasp_task {
    uint32_t size;
    uint32_t flags;

    const char *id;      /* [a-z0-9_]{1,64}, unique in the plugin */
    const char *summary; /* one line for `grasp-host list` */

    /* JSON Schema (an object with "properties") of the options; NULL for none. Used: type
     * (string, integer, number, boolean, array, object), enum, minimum, maximum, minLength,
     * maxLength, items, default, description. The host checks the user's values against it and
     * fills in the defaults. */
    const char *options;

    /* Opens the task. config: JSON object with every option of the schema that is given or has
     * a default. *out_self: passed to all later calls. Reads files and connects here, so that a
     * fault is found before any model is paid. [exclusive self] */
    int32_t (*open)(grasp_call *call, grasp_str config, void **out_self);

    /* Emits one JSON object:
     *   "name"        name of the task for logs and tables
     *   "splits"      names of the splits that samples() knows; "dev" and "val" are what learning
     *                 needs, "id_test" (same distribution as val) and "test" are evaluated at the
     *                 end
     *   "max_turns"   model calls an episode may make; the host ends longer ones
     *   "tools"       array of {"name", "description", "parameters": JSON Schema}, optional
     *   "tool_choice" "auto", "none", "required" or the name of a tool, optional
     *   "blocking"    true if begin or step wait for something outside the process
     *   "guidance"    {"placement": "recent" | "first" | "system", "field": member of the first
     *                 message, a JSON object, that takes the text}, optional
     *   "history"     {"max_segments": integer, "notice": text, "whole": boolean}, optional: of a
     *                 long conversation the model sees the first message and the last ones, which
     *                 together have fewer segments (a word of up to seven letters, or a sign). The
     *                 notice, with {{count}} for how many are left out, is added to the first.
     *                 whole (the default): what precedes the model's first turn stays, and no
     *                 tool's result is shown without its call
     *   "writer"      hints for a method's prompts: {"family": a few words, "guidance": text,
     *                 "labels": {failure tag: description}}, optional
     * [shared self] */
    int32_t (*info)(grasp_call *call, void *self);

    /* Emits the samples of a split in their fixed order, one JSON object each. "id" (string,
     * unique over all splits) is required; "type" (a class for stratified draws),
     * "description" (the instruction in one line) and "answer" (ground truth, for the log) are
     * used if there. Unknown split: GRASP_E_NOT_FOUND. [shared self] */
    int32_t (*samples)(grasp_call *call, void *self, grasp_str split);

    /* Starts an episode: emits the first messages, and an outcome if there is nothing to ask.
     * sample: the object that samples() emitted. seed: for whatever the environment draws.
     * *out_episode may be NULL for a task without state per episode. [shared self] */
    int32_t (*begin)(grasp_call *call, void *self, grasp_str sample, uint64_t seed,
                     void **out_episode);

    /* Takes the model's reply, and emits the next messages or the outcome. The host has recorded
     * the reply as a message of role "agent"; a task that emits a message of that role first
     * replaces it (a normalised form, say). [exclusive episode] */
    int32_t (*step)(grasp_call *call, void *self, void *episode, const grasp_reply *reply);

    /* Ends an episode, in whatever state it is. `call` may be NULL when the host is leaving in a
     * hurry. [exclusive episode] */
    void (*end)(grasp_call *call, void *self, void *episode);

    /* Emits the verdict on a rollout: a pure function of its arguments. rollout: JSON object
     * {"status", "answer", "raw", "history": [{"role", "content", ...}], "agent_actions": [...]}.
     * judge: JSON array with one entry per request emitted by an earlier call on the same
     * rollout, {"text": ..., "error": null or text}; empty at first. A grade that emits requests
     * emits no verdict, and is called again with the replies. [shared self] */
    int32_t (*grade)(grasp_call *call, void *self, grasp_str sample, grasp_str rollout,
                     grasp_str judge);

    /* Closes the instance; no episode is open. `call` may be NULL. [exclusive self] */
    void (*close)(grasp_call *call, void *self);

    /* Extensions of the task by id (ext/rehearsal.h), or NULL; the pointer may be NULL if there
     * are none. [scan] */
    const void *(*extension)(grasp_str id);
} grasp_task;

#ifdef __cplusplus
}
#endif

#endif
