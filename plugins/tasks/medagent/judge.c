/* SPDX-License-Identifier: MIT */
#include "judge.h"

#include <grasp/helpers.h>

#include "action.h"
#include "coerce.h"
#include "common/slice.h"

static bool asks_only(const struct sample *sample)
{
    static const bool v1[TYPE_COUNT] = {true, true, false, true, false, true, true};
    return sample->version == MEDAGENT_V1 ? v1[sample->type - 1] : sample->type == 3;
}

/* Is there something to look up before the answer? */
static bool needs_search(const struct sample *sample)
{
    return sample->version == MEDAGENT_V2 || (sample->type != 3 && sample->type != 8);
}

static bool has_search(const grasp_json *json, const grasp_json_value *history)
{
    for (uint64_t i = 0; i < json->count(history); i++) {
        const grasp_json_value *message = json->at(history, i);
        struct text copy CLEANUP_TEXT = {0};
        if (py_is(json, json->get(message, SLICE("role")), "agent") &&
            action_read(json->as_string(json->get(message, SLICE("content"))), &copy).kind ==
                ACTION_GET)
            return true;
    }
    return false;
}

static uint64_t tags_of_end(const grasp_json *json, const grasp_json_value *status)
{
    if (py_is(json, status, "agent invalid action"))
        return TAG_BIT(TAG_PROTOCOL_INVALID);
    if (py_is(json, status, "task limit reached"))
        return TAG_BIT(TAG_NO_FINISH);
    if (py_is(json, status, "agent context limit"))
        return TAG_BIT(TAG_CONTEXT_EXHAUSTED);
    return 0;
}

static struct when wall_clock(const grasp_json *json, const grasp_json_value *raw, struct when now)
{
    struct when wall;
    grasp_str text = json->as_string(json->get(raw, SLICE("wall_clock")));
    return when_read(text, false, &wall) ? wall : now;
}

static void run_grader(struct grader *g, bool completed)
{
    bool lost = g->reference && coerced_is_unsendable(coerce_text(g->answer));
    if (completed)
        grader_of(g->sample)(g);
    else
        g->failed = true;
    if (lost)
        need(g, false, TAG_FINISH_NOT_JSON);
    if (g->failed && asks_only(g->sample) && g->posts->attempted)
        g->tags |= TAG_BIT(TAG_READ_ONLY_TASK_USED_POST);
}

struct verdict judge_rollout(grasp_call *call, const grasp_json *json, const struct judge *judge,
                             const grasp_json_value *rollout)
{
    struct pool pool CLEANUP_POOL = {0};
    struct posts posts;
    const grasp_json_value *history = json->get(rollout, SLICE("history"));
    const grasp_json_value *status = json->get(rollout, SLICE("status"));
    const grasp_json_value *raw = json->get(rollout, SLICE("raw"));
    bool completed = py_is(json, status, "completed");
    posts_collect(call, json, &pool, history, judge->reference, &posts);
    struct grader g = {
        .call = call,
        .json = json,
        .sample = judge->sample,
        .reference = judge->reference,
        .base = judge->base,
        .now = sample_now(judge->sample, judge->reference),
        .posts = &posts,
        .answer = json->as_string(json->get(rollout, SLICE("answer"))),
        .evidence = json->get(raw, SLICE("evidence")),
        .asked = judge->asked,
        .context = judge->context,
        .tags = tags_of_end(json, status),
    };
    g.wall = wall_clock(json, raw, g.now);
    run_grader(&g, completed);
    if (g.failed && completed && needs_search(judge->sample) && !has_search(json, history))
        g.tags |= TAG_BIT(TAG_ANSWERED_WITHOUT_QUERY);
    return (struct verdict){!g.failed, g.failed ? g.tags : 0};
}
