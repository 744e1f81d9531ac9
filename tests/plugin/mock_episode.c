/* SPDX-License-Identifier: MIT */
#include "mock_episode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#include <cmocka.h>

#define TURNS_MAX 1000

static grasp_str text_of(struct mock_text text)
{
    return mock_str(text);
}

static void add_message(struct mock_episode *episode, struct mock_message message)
{
    episode->messages =
        realloc(episode->messages, (episode->count + 1) * sizeof(*episode->messages));
    episode->messages[episode->count++] = message;
}

static struct mock_text copy(grasp_str text)
{
    struct mock_text out = {malloc(text.len + 1), text.len};
    if (text.len)
        memcpy(out.ptr, text.ptr, text.len);
    out.ptr[text.len] = 0;
    return out;
}

static void add_action(struct mock_episode *episode, struct mock_text action)
{
    struct mock_texts *actions = &episode->actions;
    actions->items = realloc(actions->items, (actions->count + 1) * sizeof(*actions->items));
    actions->items[actions->count++] = action;
}

static struct mock_text steal(struct mock_text *text)
{
    struct mock_text out = *text;
    *text = (struct mock_text){0};
    return out;
}

/* {"tools": [names]} of begin or step. */
static void take_tools(struct mock_episode *episode, struct mock_text json)
{
    CLEANUP_JSON struct json *object = json_parse((struct str){json.ptr, json.len}, NULL);
    const struct json *names = json_get(object, "tools");
    struct buf out = {0};
    buf_text(&out, "[");
    for (size_t i = 0; i < json_count(names); i++) {
        buf_text(&out, i ? ", {\"name\": " : "{\"name\": ");
        json_write_str(&out, json_str(json_at(names, i)), 0);
        buf_text(&out, "}");
    }
    buf_text(&out, "]");
    free(episode->tools);
    episode->tools = buf_steal(&out);
}

/* Takes over what the call emitted. */
static void take_emitted(struct mock_episode *episode)
{
    struct mock_host *host = episode->host;
    if (host->json.count)
        take_tools(episode, host->json.items[0]);
    for (size_t i = 0; i < host->message_count; i++)
        add_message(episode, host->messages[i]);
    host->message_count = 0;
    if (!host->has_outcome)
        return;
    episode->done = true;
    episode->status = steal(&host->status);
    episode->answer = steal(&host->answer);
    episode->raw = steal(&host->raw);
}

void mock_episode_begin(struct mock_episode *episode, struct mock_host *host,
                        const grasp_task *task, void *self, const char *sample)
{
    *episode = (struct mock_episode){.host = host, .task = task, .self = self};
    episode->sample = strdup(sample);
    int32_t status =
        task->begin(mock_call(host), self, grasp_cstr(episode->sample), 7, &episode->handle);
    if (status)
        fail_msg("begin: %d: %s", status, mock_str(host->fail_text).ptr);
    take_emitted(episode);
}

void mock_episode_step(struct mock_episode *episode, const grasp_reply *reply)
{
    struct mock_host *host = episode->host;
    int32_t status = episode->task->step(mock_call(host), episode->self, episode->handle, reply);
    if (status)
        fail_msg("step: %d: %s", status, mock_str(host->fail_text).ptr);
    episode->turns++;
    if (host->actions.count) {
        for (size_t i = 0; i < host->actions.count; i++)
            add_action(episode, steal(&host->actions.items[i]));
    } else {
        add_action(episode, copy(reply->text));
    }
    if (!host->message_count || strcmp(host->messages[0].role.ptr, "agent") != 0)
        add_message(episode, (struct mock_message){.role = copy(grasp_cstr("agent")),
                                                   .content = copy(reply->text),
                                                   .tool_calls = copy(reply->tool_calls)});
    take_emitted(episode);
}

void mock_episode_say(struct mock_episode *episode, const char *text)
{
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = GRASP_REPLY_TEXT,
                         .text = grasp_cstr(text),
                         .finish_reason = grasp_cstr("stop")};
    mock_episode_step(episode, &reply);
}

static bool is_agent(const struct mock_message *message)
{
    return strcmp(message->role.ptr, "agent") == 0;
}

/* The content of the message at `at` with the guidance before it, if no turn was taken before,
 * else after it. */
static struct mock_text guided(const struct mock_episode *episode, size_t at, const char *guidance)
{
    struct buf out = {0};
    bool first = true;
    for (size_t i = 0; i < at; i++)
        first = first && !is_agent(&episode->messages[i]);
    struct mock_text content = episode->messages[at].content;
    if (first) {
        buf_text(&out, guidance);
        buf_text(&out, "\n\n");
    }
    buf_add(&out, content.ptr, content.len);
    if (!first) {
        buf_text(&out, "\n\n");
        buf_text(&out, guidance);
    }
    size_t len = out.len;
    return (struct mock_text){buf_steal(&out), len};
}

static const grasp_rehearsal *rehearsal_of(const struct mock_episode *episode)
{
    const grasp_rehearsal *rehearsal = episode->task->extension(grasp_cstr(GRASP_EXT_REHEARSAL));
    assert_non_null(rehearsal);
    return rehearsal;
}

void mock_episode_ask(struct mock_episode *episode, const char *guidance, char **out_text,
                      char **out_calls)
{
    const grasp_rehearsal *rehearsal = rehearsal_of(episode);
    size_t count = 0, last = 0;
    grasp_message *messages = calloc(episode->count, sizeof(*messages));
    const grasp_message **list = calloc(episode->count, sizeof(const grasp_message *));
    struct mock_text with = {0};
    for (size_t i = 0; i < episode->count; i++) {
        if (episode->messages[i].flags & GRASP_MESSAGE_RECORD_ONLY)
            continue;
        messages[count] = (grasp_message){.size = sizeof(grasp_message),
                                          .role = text_of(episode->messages[i].role),
                                          .content = text_of(episode->messages[i].content),
                                          .tool_calls = text_of(episode->messages[i].tool_calls)};
        list[count] = &messages[count];
        count++;
        last = i;
    }
    if (guidance) {
        with = guided(episode, last, guidance);
        messages[count - 1].content = text_of(with);
    }
    grasp_rehearsal_request request = {.size = sizeof(request),
                                       .messages = list,
                                       .count = count,
                                       .tools = grasp_cstr(episode->tools)};
    int32_t status = rehearsal->reply(mock_call(episode->host), &request);
    if (status)
        fail_msg("reply: %d", status);
    assert_int_equal(episode->host->message_count, 1);
    *out_text = steal(&episode->host->messages[0].content).ptr;
    *out_calls = steal(&episode->host->messages[0].tool_calls).ptr;
    free(messages);
    free(list);
    free(with.ptr);
}

static void rehearse_turn(struct mock_episode *episode, const char *guidance)
{
    char *text, *calls;
    mock_episode_ask(episode, guidance, &text, &calls);
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = GRASP_REPLY_TEXT,
                         .text = grasp_cstr(text),
                         .tool_calls = grasp_cstr(calls),
                         .finish_reason = grasp_cstr("stop")};
    mock_episode_step(episode, &reply);
    free(text);
    free(calls);
}

void mock_episode_rehearse(struct mock_episode *episode, const char *guidance)
{
    while (!episode->done) {
        assert_true(episode->turns < TURNS_MAX);
        rehearse_turn(episode, guidance);
    }
}

static void put_text(struct buf *out, struct mock_text text)
{
    json_write_str(out, (struct str){mock_str(text).ptr, text.len}, 0);
}

char *mock_episode_rollout(const struct mock_episode *episode)
{
    struct buf out = {0};
    buf_text(&out, "{\"status\": ");
    put_text(&out, episode->status);
    buf_text(&out, ", \"answer\": ");
    put_text(&out, episode->answer);
    buf_text(&out, ", \"raw\": ");
    buf_text(&out, episode->raw.len ? episode->raw.ptr : "null");
    buf_text(&out, ", \"history\": [");
    for (size_t i = 0, kept = 0; i < episode->count; i++) {
        if (episode->messages[i].flags & GRASP_MESSAGE_SEND_ONLY)
            continue;
        buf_text(&out, kept++ ? ", {\"role\": " : "{\"role\": ");
        put_text(&out, episode->messages[i].role);
        buf_text(&out, ", \"content\": ");
        put_text(&out, episode->messages[i].content);
        if (episode->messages[i].tool_calls.len) {
            buf_text(&out, ", \"tool_calls\": ");
            buf_text(&out, episode->messages[i].tool_calls.ptr);
        }
        buf_text(&out, "}");
    }
    buf_text(&out, "], \"agent_actions\": [");
    for (size_t i = 0; i < episode->actions.count; i++) {
        buf_text(&out, i ? ", " : "");
        put_text(&out, episode->actions.items[i]);
    }
    buf_text(&out, "]}");
    return buf_steal(&out);
}

void mock_episode_grade(struct mock_episode *episode)
{
    char *rollout = mock_episode_rollout(episode);
    int32_t status =
        episode->task->grade(mock_call(episode->host), episode->self, grasp_cstr(episode->sample),
                             grasp_cstr(rollout), grasp_cstr("[]"));
    free(rollout);
    if (status)
        fail_msg("grade: %d: %s", status, mock_str(episode->host->fail_text).ptr);
    assert_true(episode->host->has_verdict);
}

void mock_episode_end(struct mock_episode *episode)
{
    episode->task->end(mock_call(episode->host), episode->self, episode->handle);
    for (size_t i = 0; i < episode->count; i++) {
        struct mock_message *message = &episode->messages[i];
        free(message->role.ptr);
        free(message->content.ptr);
        free(message->tool_calls.ptr);
        free(message->tool_call_id.ptr);
        free(message->name.ptr);
    }
    for (size_t i = 0; i < episode->actions.count; i++)
        free(episode->actions.items[i].ptr);
    free(episode->messages);
    free(episode->actions.items);
    free(episode->sample);
    free(episode->tools);
    free(episode->status.ptr);
    free(episode->answer.ptr);
    free(episode->raw.ptr);
    *episode = (struct mock_episode){0};
}
