/* SPDX-License-Identifier: MIT */
#include "run/rollout.h"

#include <string.h>

/* Bytes beside the texts, roughly. */
#define PER_MESSAGE 64
#define PER_ROLLOUT 1024

static const char *const source_names[] = {"fresh", "replayed", "cached"};

void rollout_clear(struct rollout *rollout)
{
    arena_clear(&rollout->arena);
    memset(rollout, 0, sizeof(*rollout));
}

static void member(struct buf *out, const char *name, struct str text)
{
    json_write_next(out, name);
    json_write_str(out, text, 0);
}

static void bool_member(struct buf *out, const char *name, bool value)
{
    json_write_next(out, name);
    buf_text(out, value ? "true" : "false");
}

static void write_message(struct buf *out, const struct message *m)
{
    buf_text(out, "{\"role\": ");
    json_write_str(out, m->role, 0);
    member(out, "content", m->content);
    if (m->tool_calls.len) {
        buf_text(out, ", \"tool_calls\": ");
        buf_str(out, m->tool_calls);
    }
    if (m->tool_call_id.len)
        member(out, "tool_call_id", m->tool_call_id);
    if (m->name.len)
        member(out, "name", m->name);
    buf_char(out, '}');
}

static struct str keep(struct arena *arena, struct str text)
{
    return (struct str){arena_dup(arena, text.ptr, text.len), text.len};
}

void rollout_set_history(struct rollout *rollout, const struct message *messages, size_t count)
{
    CLEANUP_BUF struct buf out = {0};
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += PER_MESSAGE + messages[i].content.len + messages[i].content.len / 4;
    buf_room(&out, size);
    buf_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        if (messages[i].flags & MESSAGE_SEND_ONLY)
            continue;
        if (out.len > 1)
            buf_text(&out, ", ");
        write_message(&out, &messages[i]);
    }
    buf_char(&out, ']');
    rollout->history = keep(&rollout->arena, buf_view(&out));
}

void rollout_set_actions(struct rollout *rollout, const struct str *actions, size_t count)
{
    CLEANUP_BUF struct buf out = {0};
    buf_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_text(&out, ", ");
        json_write_str(&out, actions[i], 0);
    }
    buf_char(&out, ']');
    rollout->actions = keep(&rollout->arena, buf_view(&out));
}

static void raw_member(struct buf *out, const char *name, struct str json, const char *otherwise)
{
    json_write_next(out, name);
    if (json.len)
        buf_str(out, json);
    else
        buf_text(out, otherwise);
}

static void write_episode(struct buf *out, const struct rollout *r)
{
    buf_text(out, "\"status\": ");
    json_write_str(out, r->status, 0);
    member(out, "answer", r->answer);
    raw_member(out, "raw", r->raw, "null");
    raw_member(out, "agent_actions", r->actions, "[]");
    raw_member(out, "history", r->history, "[]");
}

void rollout_write_for_grade(struct buf *out, const struct rollout *rollout)
{
    buf_room(out, PER_ROLLOUT + rollout->history.len);
    buf_char(out, '{');
    write_episode(out, rollout);
    buf_char(out, '}');
}

void rollout_write(struct buf *out, const struct rollout *rollout, bool with_sample)
{
    buf_room(out, PER_ROLLOUT + rollout->history.len);
    buf_text(out, "{\"sample_id\": ");
    json_write_str(out, str_of(rollout->sample->id), 0);
    json_write_next(out, "repeat");
    buf_i64(out, rollout->repeat);
    bool_member(out, "available", rollout->available);
    bool_member(out, "correct", rollout->correct);
    json_write_next(out, "score");
    json_write_double(out, rollout->score);
    raw_member(out, "failure_tags", rollout->tags, "[]");
    raw_member(out, "detail", rollout->detail, "null");
    buf_text(out, ", ");
    write_episode(out, rollout);
    raw_member(out, "used", rollout->used, "[]");
    json_write_next(out, "turns");
    buf_i64(out, rollout->turns);
    json_write_next(out, "error");
    if (rollout->error.len)
        json_write_str(out, rollout->error, 0);
    else
        buf_text(out, "null");
    member(out, "source", str_of(source_names[rollout->source]));
    bool_member(out, "nudged", rollout->nudged);
    if (with_sample) {
        buf_text(out, ", \"sample\": ");
        buf_str(out, rollout->sample->json);
    }
    buf_char(out, '}');
}

static struct str read_text(struct rollout *r, const struct json *object, const char *key)
{
    return keep(&r->arena, json_str(json_get(object, key)));
}

static struct str read_json(struct rollout *r, const struct json *object, const char *key)
{
    CLEANUP_BUF struct buf text = {0};
    json_write(&text, json_get(object, key), 0);
    return keep(&r->arena, buf_view(&text));
}

static enum rollout_source read_source(struct str name)
{
    for (size_t i = 0; i < sizeof(source_names) / sizeof(*source_names); i++) {
        if (str_is(name, source_names[i]))
            return (enum rollout_source)i;
    }
    return ROLLOUT_FRESH;
}

bool rollout_read(struct rollout *rollout, const struct json *object)
{
    if (!json_is(json_get(object, "correct"), JSON_BOOL) ||
        !json_is(json_get(object, "history"), JSON_ARRAY) ||
        !json_is(json_get(object, "agent_actions"), JSON_ARRAY))
        return false;
    rollout->available = json_bool(json_get(object, "available"), false);
    rollout->correct = json_bool(json_get(object, "correct"), false);
    rollout->score = json_double(json_get(object, "score"), 0);
    rollout->turns = (uint32_t)json_int(json_get(object, "turns"), 0);
    rollout->nudged = json_bool(json_get(object, "nudged"), false);
    rollout->source = read_source(json_str(json_get(object, "source")));
    rollout->status = read_text(rollout, object, "status");
    rollout->answer = read_text(rollout, object, "answer");
    rollout->error = read_text(rollout, object, "error");
    rollout->raw = read_json(rollout, object, "raw");
    rollout->detail = read_json(rollout, object, "detail");
    rollout->tags = read_json(rollout, object, "failure_tags");
    rollout->actions = read_json(rollout, object, "agent_actions");
    rollout->history = read_json(rollout, object, "history");
    rollout->used = read_json(rollout, object, "used");
    return true;
}
