/* SPDX-License-Identifier: MIT */
#include "model/text_tools.h"

#include <stdio.h>

#include "model/slice.h"
#include "model/tool_calls.h"
#include "model/wire.h"

static const struct str open_tag = {"<tool_call>", 11}, close_tag = {"</tool_call>", 12};

bool text_tools_needed(const struct model_request *request)
{
    if (request->tools.len)
        return true;
    for (size_t i = 0; i < request->count; i++) {
        if (request->messages[i].tool_calls.len || str_is(request->messages[i].role, "tool"))
            return true;
    }
    return false;
}

static struct str keep(struct arena *arena, const struct buf *text)
{
    return wire_keep(arena, buf_view(text));
}

static void describe(struct buf *out, const struct model_request *request)
{
    struct str inside, tool;
    if (!request->tools.len || str_is(request->tool_choice, "none") ||
        !slice_enter(request->tools, '[', &inside) || !slice_element(&inside, &tool))
        return;
    buf_text(out, "You have tools. Each line below describes one, with the JSON Schema of its "
                  "arguments:\n");
    do {
        buf_str(out, tool);
        buf_char(out, '\n');
    } while (slice_element(&inside, &tool));
    buf_text(out, "To call a tool, write this, with nothing else between the tags:\n"
                  "<tool_call>{\"name\": \"NAME\", \"arguments\": {...}}</tool_call>\n"
                  "Several calls may follow each other. Their results come in the next message, "
                  "in <tool_response> tags, in the same order.");
    if (str_is(request->tool_choice, "required"))
        buf_text(out, " This time, call at least one.");
    else if (request->tool_choice.len && !str_is(request->tool_choice, "auto"))
        buf_printf(out, " This time, call %.*s.", (int)request->tool_choice.len,
                   request->tool_choice.ptr);
}

static void write_calls(struct buf *out, struct str calls)
{
    struct str inside;
    struct tool_call call;
    if (!tool_calls_enter(calls, &inside))
        return;
    while (tool_calls_next(&inside, &call)) {
        if (out->len)
            buf_char(out, '\n');
        buf_printf(out, "<tool_call>{\"name\": %.*s, \"arguments\": ", (int)call.name.len,
                   call.name.ptr);
        buf_str(out, tool_call_object(call.arguments));
        buf_text(out, "}</tool_call>");
    }
}

static struct str agent_text(const struct message *message, struct arena *arena)
{
    CLEANUP_BUF struct buf text = {0};
    buf_str(&text, message->content);
    write_calls(&text, message->tool_calls);
    return keep(arena, &text);
}

/* All results that follow each other, as one message: chat templates often want the roles to take
 * turns. Returns how many there are. */
static size_t result_text(const struct model_request *request, size_t at, struct arena *arena,
                          struct str *out)
{
    CLEANUP_BUF struct buf text = {0};
    size_t count = 0;
    for (; at + count < request->count; count++) {
        const struct message *message = &request->messages[at + count];
        if (!str_is(message->role, "tool"))
            break;
        buf_text(&text, count ? "\n<tool_response>" : "<tool_response>");
        buf_str(&text, message->content);
        buf_text(&text, "</tool_response>");
    }
    *out = keep(arena, &text);
    return count;
}

/* The tools go into the system message, or become one. */
static size_t add_tools(const struct model_request *request, struct message *messages,
                        struct arena *arena, size_t *at)
{
    CLEANUP_BUF struct buf text = {0};
    struct message system = {.role = STR("system")};
    describe(&text, request);
    if (!text.len)
        return 0;
    if (request->count && str_is(request->messages[0].role, "system")) {
        CLEANUP_BUF struct buf both = {0};
        buf_str(&both, request->messages[0].content);
        buf_text(&both, "\n\n");
        buf_str(&both, buf_view(&text));
        system.content = keep(arena, &both);
        *at = 1;
    } else {
        system.content = keep(arena, &text);
    }
    messages[0] = system;
    return 1;
}

struct model_request text_tools_request(const struct model_request *request, struct arena *arena)
{
    struct message *messages = arena_alloc(arena, (request->count + 1) * sizeof(*messages));
    struct model_request out = *request;
    size_t at = 0, count = add_tools(request, messages, arena, &at);
    while (at < request->count) {
        const struct message *message = &request->messages[at];
        struct message plain = {.role = message->role,
                                .content = message->content,
                                .name = message->name,
                                .flags = message->flags};
        if (str_is(message->role, "tool")) {
            plain.role = STR("user");
            plain.name = (struct str){0};
            at += result_text(request, at, arena, &plain.content);
        } else {
            if (wire_is_agent(message->role) && message->tool_calls.len)
                plain.content = agent_text(message, arena);
            at++;
        }
        messages[count++] = plain;
    }
    out.messages = messages;
    out.count = count;
    out.tools = out.tool_choice = (struct str){0};
    return out;
}

static struct str from(struct str text, size_t at)
{
    return (struct str){text.ptr + at, text.len - at};
}

/* The call between two tags; false if it is none. */
static bool read_call(struct str inside, struct buf *calls, size_t index)
{
    CLEANUP_JSON struct json *call = json_parse(str_trim(inside), NULL);
    struct str name = json_str(json_get(call, "name"));
    char made[32];
    if (!name.len || index >= TOOL_CALLS_MAX)
        return false;
    snprintf(made, sizeof(made), "call_%zu", index);
    tool_calls_add(calls, STR(""), made, name, json_get(call, "arguments"));
    return true;
}

void text_tools_reply(struct model_reply *reply, struct arena *arena)
{
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_BUF struct buf calls = {0};
    struct str rest = reply->text;
    size_t at, end, count = 0;
    buf_char(&calls, '[');
    while (str_find(rest, open_tag, &at)) {
        struct str inside = from(rest, at + open_tag.len);
        bool closed = str_find(inside, close_tag, &end);
        struct str after = closed ? from(inside, end + close_tag.len) : from(inside, inside.len);
        if (closed)
            inside.len = end;
        if (read_call(inside, &calls, count)) {
            count++;
            buf_str(&text, (struct str){rest.ptr, at});
        } else {
            buf_str(&text, (struct str){rest.ptr, (size_t)(after.ptr - rest.ptr)});
        }
        rest = after;
    }
    if (!count)
        return;
    buf_str(&text, rest);
    buf_char(&calls, ']');
    reply->text = wire_keep(arena, str_trim(buf_view(&text)));
    reply->tool_calls = keep(arena, &calls);
    if (str_is(reply->finish_reason, "stop"))
        reply->finish_reason = STR("tool_calls");
}
