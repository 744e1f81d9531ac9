/* SPDX-License-Identifier: MIT */
#include "common/transcript.h"

#include "common/put.h"
#include "common/slice.h"

void transcript_lines(struct text *out, const grasp_json *json, const grasp_json_value *history)
{
    for (uint64_t i = 0; i < json->count(history); i++) {
        const grasp_json_value *message = json->at(history, i);
        grasp_str role = member_text(json, message, "role");
        if (i)
            text_char(out, '\n');
        for (size_t k = 0; k < role.len; k++)
            text_char(out, role.ptr[k] >= 'a' && role.ptr[k] <= 'z' ? (char)(role.ptr[k] - 32)
                                                                    : role.ptr[k]);
        text_put(out, ": ");
        text_str(out, member_text(json, message, "content"));
    }
}

grasp_str text_shorten(struct pool *pool, grasp_str text, int64_t most)
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
    if (grasp_equal(role, "agent"))
        role = SLICE("assistant");
    put_open(out, NULL, '{');
    put_string(out, "role", role.len ? role : SLICE("user"));
    put_string(out, "content", content);
    put_close(out, '}');
}

static grasp_str actions_text(struct lesson *lesson, const grasp_json_value *actions,
                              const struct transcript_limits *limits)
{
    struct text out CLEANUP_TEXT = {0};
    size_t count = lesson->json->count(actions), head, tail, line = 1;
    ends(count, limits->actions, 3, &head, &tail);
    for (size_t i = 0; i < head + tail; i++) {
        if (i == head)
            text_format(&out, "\n%zu. ...[%zu intermediate actions omitted]", line++,
                        count - (size_t)limits->actions);
        size_t at = i < head ? i : count - tail + (i - head);
        grasp_str action =
            text_shorten(&lesson->pool, value_text(lesson->call, lesson->json->at(actions, at)),
                         limits->action_characters);
        text_format(&out, line > 1 ? "\n%zu. " : "%zu. ", line);
        text_str(&out, action);
        line++;
    }
    return pool_dup(&lesson->pool, text_view(&out));
}

static void put_history(struct lesson *lesson, struct text *out, const grasp_json_value *history,
                        const struct transcript_limits *limits)
{
    const grasp_json *json = lesson->json;
    size_t count = json->count(history), head, tail;
    ends(count, limits->messages, 4, &head, &tail);
    for (size_t i = 0; i < head + tail; i++) {
        const grasp_json_value *message =
            json->at(history, i < head ? i : count - tail + (i - head));
        put_message(out, member_text(json, message, "role"),
                    text_shorten(&lesson->pool, member_text(json, message, "content"),
                                 limits->message_characters));
    }
}

grasp_str transcript_chat(struct lesson *lesson, const struct rollout *rollout,
                          const struct transcript_limits *limits)
{
    struct text out CLEANUP_TEXT = {0};
    put_open(&out, NULL, '[');
    if (lesson->json->count(rollout->actions)) {
        put_message(&out, SLICE("user"),
                    text_shorten(&lesson->pool, rollout->instruction, limits->message_characters));
        put_message(&out, SLICE("assistant"), actions_text(lesson, rollout->actions, limits));
    } else {
        put_history(lesson, &out, rollout->history, limits);
    }
    put_close(&out, ']');
    return pool_dup(&lesson->pool, text_view(&out));
}
