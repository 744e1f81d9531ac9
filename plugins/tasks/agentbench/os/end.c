/* SPDX-License-Identifier: MIT */
#include "../status.h"
#include "common/slice.h"
#include "episode.h"

static void put_member(struct text *out, const char *name, grasp_str value)
{
    text_format(out, ", \"%s\": ", name);
    text_json(out, value);
}

/* The result as the reference has it, and what the tags are made from. */
static void put_raw(struct text *out, const struct os_episode *episode, bool right,
                    const char *member, grasp_str reason, const struct check_result *checked)
{
    text_format(out, "{\"result\": %s", right ? "true" : "false");
    if (member)
        put_member(out, member, reason);
    put_member(out, "file", episode->problem->file);
    put_member(out, "index_in_file", episode->problem->key);
    text_format(out, ", \"commands\": %d, \"silent_turns\": %d, \"bad_turns\": %d, \"cut\": %s",
                episode->commands, episode->silent_turns, episode->bad_turns,
                episode->cut ? "true" : "false");
    if (checked && checked->has_expected)
        put_member(out, "expected", checked->expected);
    text_char(out, '}');
}

static int32_t finish(grasp_call *call, struct os_episode *episode, const char *status,
                      grasp_str answer, struct text *raw)
{
    episode->done = true;
    if (raw->failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the outcome");
    grasp_outcome outcome = {.size = sizeof(outcome),
                             .status = grasp_cstr(status),
                             .answer = answer,
                             .raw = text_view(raw)};
    return call->host->emit_outcome(call, &outcome);
}

int32_t os_end_wrong(grasp_call *call, const struct os *self, struct os_episode *episode,
                     const char *status, const char *member, grasp_str reason)
{
    struct text raw CLEANUP_TEXT = {0};
    put_raw(&raw, episode, false, member, reason, NULL);
    return finish(call, episode, status, SLICE(""), &raw);
}

int32_t os_end_graded(grasp_call *call, const struct os *self, struct os_episode *episode,
                      const struct action *action)
{
    struct text raw CLEANUP_TEXT = {0};
    const struct problem *problem = episode->problem;
    const struct check_runner runner = os_machine_runner(episode);
    struct check_result checked;
    int32_t status = GRASP_OK;
    if (problem->has_match)
        check_match(call, &episode->pool, &problem->match, action->value, &checked);
    else
        status = check_scripts(call, &episode->pool, problem, action->value, &runner, &checked);
    if (status)
        return status;
    bool failed = checked.end == CHECK_ERROR;
    put_raw(&raw, episode, checked.right, failed ? "error" : NULL,
            grasp_cstr(failed ? checked.reason : ""), &checked);
    return finish(call, episode, failed ? STATUS_TASK_ERROR : STATUS_COMPLETED,
                  action->has_text ? action->text
                  : action->value  ? action->json
                                   : SLICE(""),
                  &raw);
}
