/* SPDX-License-Identifier: MIT */
#include "common/lines.h"
#include "common/slice.h"
#include "skillx.h"

#define STEP_MIN 5

grasp_str skillx_shorten(struct pool *pool, grasp_str text, int64_t most)
{
    size_t count = utf8_count(text);
    if (most <= 0 || count <= (size_t)most)
        return text;
    grasp_str kept = utf8_prefix(text, (size_t)most);
    return pool_format(pool, "%.*s\n...[truncated %zu chars]", (int)kept.len, kept.ptr,
                       count - (size_t)most);
}

/* The first of `count` and the last: false for what is between. A tail of none is all, as a
 * Python slice has it. */
static void ends(size_t count, int64_t most, int64_t head_max, size_t *out_head, size_t *out_tail)
{
    size_t head = (size_t)(most / 3 < head_max ? most / 3 : head_max);
    *out_head = count;
    *out_tail = 0;
    if (most <= 0 || count <= (size_t)most)
        return;
    *out_head = head ? head : 1;
    *out_tail = (size_t)most - *out_head;
    if (*out_tail == 0)
        *out_tail = count;
}

static void put_message(struct text *out, grasp_str role, grasp_str content)
{
    text_put(out, out->len > 1 ? ", {\"role\": " : "{\"role\": ");
    text_json(out, grasp_equal(role, "agent") ? SLICE("assistant")
                   : role.len                 ? role
                                              : SLICE("user"));
    text_put(out, ", \"content\": ");
    text_json(out, content);
    text_char(out, '}');
}

static grasp_str actions_text(struct lesson *lesson, const grasp_json_value *actions,
                              const struct skillx_options *options)
{
    struct text out CLEANUP_TEXT = {0};
    size_t count = lesson->json->count(actions), head, tail, line = 1;
    ends(count, options->max_actions, 3, &head, &tail);
    for (size_t i = 0; i < head + tail; i++) {
        if (i == head)
            text_format(&out, "\n%zu. ...[%zu intermediate actions omitted]", line++,
                        count - (size_t)options->max_actions);
        size_t at = i < head ? i : count - tail + (i - head);
        grasp_str action =
            skillx_shorten(&lesson->pool, value_text(lesson->call, lesson->json->at(actions, at)),
                           options->max_action_chars);
        text_format(&out, line > 1 ? "\n%zu. " : "%zu. ", line);
        text_str(&out, action);
        line++;
    }
    return pool_dup(&lesson->pool, text_view(&out));
}

static void put_history(struct lesson *lesson, struct text *out, const grasp_json_value *history,
                        const struct skillx_options *options)
{
    const grasp_json *json = lesson->json;
    size_t count = json->count(history), head, tail;
    ends(count, options->max_history_messages, 4, &head, &tail);
    for (size_t i = 0; i < head + tail; i++) {
        const grasp_json_value *message =
            json->at(history, i < head ? i : count - tail + (i - head));
        put_message(out, member_text(json, message, "role"),
                    skillx_shorten(&lesson->pool, member_text(json, message, "content"),
                                   options->max_message_chars));
    }
}

void trajectory_make(struct lesson *lesson, const struct rollout *rollout,
                     const struct skillx_options *options, struct trajectory *out)
{
    struct text history CLEANUP_TEXT = {0};
    *out = (struct trajectory){.id = rollout->id, .task = rollout_task(rollout)};
    text_char(&history, '[');
    if (lesson->json->count(rollout->actions)) {
        put_message(
            &history, SLICE("user"),
            skillx_shorten(&lesson->pool, rollout->instruction, options->max_message_chars));
        put_message(&history, SLICE("assistant"), actions_text(lesson, rollout->actions, options));
    } else {
        put_history(lesson, &history, rollout->history, options);
    }
    text_char(&history, ']');
    out->history = pool_dup(&lesson->pool, text_view(&history));
    out->plan = pool_format(&lesson->pool, "# api step 1: %.*s", (int)out->task.len, out->task.ptr);
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

size_t plan_steps(struct pool *pool, grasp_str plan, grasp_str **out)
{
    size_t count = 0, capacity = 0, from = 0, to;
    grasp_str rest = plan, line;
    *out = NULL;
    for (bool more = true; more; from = to + 1) {
        more = slice_find(plan, SLICE("#"), from, &to);
        line = slice_trim(slice_cut(plan, from, more ? to : plan.len));
        if (utf8_count(line) < STEP_MIN || !has_api(line))
            continue;
        POOL_RESERVE(pool, *out, count, capacity);
        (*out)[count++] = line;
    }
    bool none = count == 0;
    while (none && line_next(&rest, &line)) {
        line = slice_trim(line);
        if (!grasp_starts(line, "#"))
            continue;
        POOL_RESERVE(pool, *out, count, capacity);
        (*out)[count++] = line;
    }
    return count;
}
