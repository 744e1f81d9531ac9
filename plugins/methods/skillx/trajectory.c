/* SPDX-License-Identifier: MIT */
#include "common/lines.h"
#include "common/slice.h"
#include "skillx.h"

#define STEP_MIN 5

void trajectory_make(struct lesson *lesson, const struct rollout *rollout,
                     const struct skillx_options *options, struct trajectory *out)
{
    const struct transcript_limits limits = {options->max_history_messages,
                                             options->max_message_chars, options->max_actions,
                                             options->max_action_chars};
    grasp_str task = rollout_task(rollout);
    *out = (struct trajectory){
        .id = rollout->id,
        .task = task,
        .history = transcript_chat(lesson, rollout, &limits),
        .plan = pool_format(&lesson->pool, "# api step 1: %.*s", (int)task.len, task.ptr)};
}

bool plan_read(grasp_str reply, grasp_str *out)
{
    if (!line_between(reply, "<plan>", "</plan>", out))
        return false;
    *out = slice_trim(*out);
    return out->len > 0;
}

static bool has_api(grasp_str text)
{
    for (size_t at = 0; at + 3 <= text.len; at++) {
        if (line_at(text, at, "api"))
            return true;
    }
    return false;
}

struct strings plan_steps(struct pool *pool, grasp_str plan)
{
    struct strings out = {0};
    size_t from = 0, to;
    grasp_str rest = plan, line;
    for (bool more = true; more; from = to + 1) {
        more = slice_find(plan, SLICE("#"), from, &to);
        line = slice_trim(slice_cut(plan, from, more ? to : plan.len));
        if (utf8_count(line) >= STEP_MIN && has_api(line))
            strings_add(pool, &out, line);
    }
    bool none = out.count == 0;
    while (none && line_next(&rest, &line)) {
        line = slice_trim(line);
        if (grasp_starts(line, "#"))
            strings_add(pool, &out, line);
    }
    return out;
}
