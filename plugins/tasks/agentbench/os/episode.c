/* SPDX-License-Identifier: MIT */
#include "episode.h"

#include <stdlib.h>

#include "../status.h"
#include "common/slice.h"
#include "common/template.h"
#include "json_fault.h"
#include "shell_output.h"

/* The reference's splits name some problems that are none; each counts as wrong there. */
static int32_t begin_nothing(grasp_call *call, grasp_str id)
{
    struct text raw CLEANUP_TEXT = {0};
    text_put(&raw, "{\"result\": false, \"error\": \"there is no such problem\", "
                   "\"index_in_file\": ");
    text_json(&raw, id);
    text_put(&raw, "}");
    return grasp_done(call, "error", SLICE(""), raw.ptr);
}

static int32_t say_opening(grasp_call *call, const struct os *self, const struct problem *problem)
{
    struct text task CLEANUP_TEXT = {0};
    struct binding bindings[] = {{"description", problem->description}, {NULL, SLICE("")}};
    template_fill(&task, self->texts.task, bindings);
    if (task.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the first message");
    int32_t status = grasp_say(call, "system", self->texts.system);
    return status ? status : grasp_say(call, "user", text_view(&task));
}

/* A machine on which the problem cannot be set up is not the agent's fault. */
static int32_t refuse(grasp_call *call, const struct os *self, struct os_episode *episode,
                      const struct text *reason)
{
    if (self->reference)
        return os_end_wrong(call, self, episode, STATUS_UNKNOWN, "error", text_view(reason));
    return grasp_fail(call, GRASP_E_UNAVAILABLE, "%.*s", (int)reason->len, reason->ptr);
}

int32_t os_begin(grasp_call *call, void *opaque, grasp_str sample, uint64_t seed,
                 void **out_episode)
{
    const struct os *self = opaque;
    struct text reason CLEANUP_TEXT = {0};
    grasp_str id = grasp_json_string(call, sample, "id");
    const struct os_sample *found = os_dataset_find(&self->set, id);
    if (!found)
        return grasp_fail(call, GRASP_E_INVALID, "there is no sample '%.*s'",
                          id.len > 100 ? 100 : (int)id.len, id.ptr);
    if (!found->problem)
        return begin_nothing(call, id);
    struct os_episode *episode = calloc(1, sizeof(*episode));
    if (!episode)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for an episode");
    episode->problem = found->problem;
    int32_t status = os_machine_open(call, self, episode);
    if (!status)
        status = os_machine_prepare(call, self, episode, &reason);
    if (!status)
        status = reason.len ? refuse(call, self, episode, &reason)
                            : say_opening(call, self, found->problem);
    if (status) {
        os_end(call, opaque, episode);
        return status;
    }
    *out_episode = episode;
    return GRASP_OK;
}

void os_end(grasp_call *call, void *opaque, void *given)
{
    const struct os *self = opaque;
    struct os_episode *episode = given;
    if (!episode)
        return;
    /* Without a call the host ends what belongs to the episode. */
    if (call && episode->machine)
        self->machines->close(call, episode->machine);
    pool_free(&episode->pool);
    free(episode);
}

/* The result of a tool, or of a command in a text. */
static int32_t answer(grasp_call *call, const struct os *self, const struct tool_use *use,
                      grasp_str text)
{
    return use ? tool_use_answer(call, use, text) : grasp_say(call, "user", text);
}

static int32_t say_output(grasp_call *call, const struct os *self, struct os_episode *episode,
                          const struct tool_use *use, grasp_str output)
{
    struct text shown CLEANUP_TEXT = {0}, message CLEANUP_TEXT = {0};
    struct binding bindings[] = {{"output", SLICE("")}, {NULL, SLICE("")}};
    bool cut = false;
    if (!output.len)
        return answer(call, self, use, self->texts.output_empty);
    if (!utf8_valid(output))
        text_str(&shown, self->texts.undecodable);
    else
        text_str(&shown, shell_output_shown(output, &cut));
    if (cut) {
        text_char(&shown, '\n');
        text_str(&shown, self->texts.truncated);
        episode->cut = true;
    }
    bindings[0].value = text_view(&shown);
    template_fill(&message, self->texts.output, bindings);
    if (message.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a command's output");
    return answer(call, self, use, text_view(&message));
}

static int32_t run_command(grasp_call *call, const struct os *self, struct os_episode *episode,
                           const struct tool_use *use, const struct action *action)
{
    struct text output CLEANUP_TEXT = {0};
    enum os_shell end = OS_SHELL_DONE;
    if (!action->has_text)
        return answer(call, self, use, self->texts.output_empty);
    episode->commands++;
    int32_t status = os_machine_type(call, self, episode, action->text, &output, &end);
    if (status)
        return status;
    if (end == OS_SHELL_HUNG)
        return os_end_wrong(call, self, episode, STATUS_TASK_ERROR, "error",
                            SLICE("a command did not end in its time"));
    if (end == OS_SHELL_OVER_LIMIT)
        return os_end_wrong(call, self, episode, STATUS_TASK_ERROR, "error",
                            SLICE("the commands took more memory or processes than a machine has"));
    return say_output(call, self, episode, use, text_view(&output));
}

static int32_t act(grasp_call *call, const struct os *self, struct os_episode *episode,
                   const struct tool_use *use, const struct action *action)
{
    switch (action->act) {
    case ACT_BASH:
        return run_command(call, self, episode, use, action);
    case ACT_COMMIT:
        return os_end_graded(call, self, episode, action);
    case ACT_ERROR:
        episode->bad_turns++;
        return os_end_wrong(call, self, episode, STATUS_TASK_ERROR, "error",
                            SLICE("the tool was called without an argument"));
    case ACT_NONE:
        break;
    }
    episode->bad_turns += use != NULL;
    episode->silent_turns += use == NULL;
    return answer(call, self, use, use ? self->texts.invalid_function : self->texts.no_action);
}

/* Only the first call counts. */
static int32_t take_tool(grasp_call *call, const struct os *self, struct os_episode *episode,
                         const struct tool_use *use)
{
    struct text fault CLEANUP_TEXT = {0};
    struct action action;
    if (!use->name.len || !use->id.len) {
        episode->bad_turns++;
        return os_end_wrong(call, self, episode, STATUS_TASK_ERROR, "error",
                            SLICE("a tool call without name or id"));
    }
    if (use->form == ARGUMENTS_OBJECT) {
        action_of_tool(call, use->name, use->value, &action);
        return act(call, self, episode, use, &action);
    }
    episode->bad_turns++;
    if (use->form == ARGUMENTS_OTHER || !json_fault_write(&fault, use->raw))
        json_not_object_write(&fault, self->json, use->value);
    return answer(call, self, use, text_view(&fault));
}

static int32_t take_text(grasp_call *call, const struct os *self, struct os_episode *episode,
                         const struct turn *turn)
{
    struct action action;
    action_of_text(call, &episode->pool, turn->text, NULL, &action);
    return act(call, self, episode, NULL, &action);
}

int32_t os_step(grasp_call *call, void *opaque, void *given, const grasp_reply *reply)
{
    const struct os *self = opaque;
    struct os_episode *episode = given;
    struct turn turn;
    int32_t status = turn_read(call, reply, &turn);
    if (status)
        return status;
    episode->turns++;
    if (self->text_protocol) {
        status = take_text(call, self, episode, &turn);
    } else if (turn.count) {
        status = take_tool(call, self, episode, &turn.uses[0]);
    } else {
        episode->silent_turns++;
        status = grasp_say(call, "user", self->texts.no_tool_call);
    }
    if (!status && !episode->done && episode->turns >= self->max_turns)
        status =
            os_end_wrong(call, self, episode, STATUS_TASK_LIMIT, "reason", SLICE("round limit"));
    return status;
}
