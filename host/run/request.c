/* SPDX-License-Identifier: MIT */
#include "run/request.h"

#include <math.h>

static struct str copy(struct arena *arena, struct str text)
{
    return (struct str){arena_dup(arena, text.ptr, text.len), text.len};
}

/* An array as its text. */
static struct str copy_array(struct arena *arena, const struct json *array)
{
    CLEANUP_BUF struct buf text = {0};
    if (!json_is(array, JSON_ARRAY) || !json_count(array))
        return (struct str){"", 0};
    json_write(&text, array, JSON_COMPACT);
    return copy(arena, buf_view(&text));
}

static int read_messages(const struct json *array, struct arena *arena, struct model_request *out,
                         struct err *err)
{
    size_t count = json_count(array);
    struct message *messages = arena_alloc(arena, (count + 1) * sizeof(*messages));
    for (size_t i = 0; i < count; i++) {
        const struct json *m = json_at(array, i);
        if (!json_is(json_get(m, "role"), JSON_STRING) ||
            !json_is(json_get(m, "content"), JSON_STRING))
            return err_set(err, EXIT_PLUGIN,
                           "request: message %zu needs \"role\" and \"content\" as strings", i);
        messages[i].role = copy(arena, json_str(json_get(m, "role")));
        messages[i].content = copy(arena, json_str(json_get(m, "content")));
        messages[i].tool_calls = copy_array(arena, json_get(m, "tool_calls"));
        messages[i].tool_call_id = copy(arena, json_str(json_get(m, "tool_call_id")));
    }
    out->messages = messages;
    out->count = count;
    return 0;
}

static int read_role(const struct json *role, enum model_role otherwise, struct model_request *out,
                     struct err *err)
{
    out->role = otherwise;
    if (!role)
        return 0;
    if (str_is(json_str(role), "writer"))
        out->role = MODEL_WRITER;
    else if (str_is(json_str(role), "judge"))
        out->role = MODEL_JUDGE;
    else
        return err_set(err, EXIT_PLUGIN, "request: \"role\" is \"writer\" or \"judge\"");
    return 0;
}

int request_read(const struct json *object, enum model_role otherwise, struct arena *arena,
                 struct model_request *out, struct err *err)
{
    const struct json *messages = json_get(object, "messages");
    if (!json_is(messages, JSON_ARRAY) || json_count(messages) == 0)
        return err_set(err, EXIT_PLUGIN, "request: \"messages\" must be an array with messages");
    *out = (struct model_request){.temperature = json_double(json_get(object, "temperature"), NAN)};
    out->max_tokens = json_int(json_get(object, "max_tokens"), 0);
    if (json_is(json_get(object, "json_schema"), JSON_OBJECT)) {
        CLEANUP_BUF struct buf schema = {0};
        json_write(&schema, json_get(object, "json_schema"), JSON_COMPACT);
        out->schema = copy(arena, buf_view(&schema));
    }
    out->tools = copy_array(arena, json_get(object, "tools"));
    out->tool_choice = copy(arena, json_str(json_get(object, "tool_choice")));
    int code = read_role(json_get(object, "role"), otherwise, out, err);
    return code ? code : read_messages(messages, arena, out, err);
}

void request_write_reply(struct buf *out, const struct model_reply *reply)
{
    buf_text(out, "{\"text\": ");
    json_write_str(out, reply->text, 0);
    if (reply->tool_calls.len) {
        buf_text(out, ", \"tool_calls\": ");
        buf_str(out, reply->tool_calls);
    }
    buf_text(out, ", \"finish_reason\": ");
    json_write_str(out, reply->finish_reason, 0);
    buf_text(out, ", \"error\": ");
    if (reply->kind == MODEL_FAILED || reply->kind == MODEL_TRUNCATED)
        json_write_str(out, reply->error, 0);
    else if (reply->kind == MODEL_CONTEXT_LIMIT)
        buf_text(out, "\"the prompt is longer than the model's context\"");
    else if (reply->kind == MODEL_REFUSED)
        buf_text(out, "\"the endpoint's content filter withheld the answer\"");
    else
        buf_text(out, "null");
    buf_char(out, '}');
}
