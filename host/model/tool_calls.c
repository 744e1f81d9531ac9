/* SPDX-License-Identifier: MIT */
#include "model/tool_calls.h"

#include "model/slice.h"

bool tool_calls_enter(struct str calls, struct str *out_inside)
{
    return calls.len && slice_enter(calls, '[', out_inside);
}

static void read_members(struct str inside, struct tool_call *out)
{
    struct str key, value;
    *out = (struct tool_call){.id = STR("\"\""), .name = STR("\"\"")};
    while (slice_member(&inside, &key, &value)) {
        if (str_is(key, "id"))
            out->id = value;
        else if (str_is(key, "name"))
            out->name = value;
        else if (str_is(key, "arguments"))
            out->arguments = value;
    }
}

bool tool_calls_next(struct str *inside, struct tool_call *out)
{
    struct str call, members;
    while (slice_element(inside, &call)) {
        if (!slice_enter(call, '{', &members))
            continue;
        read_members(members, out);
        return true;
    }
    return false;
}

bool tool_call_raw(struct str arguments, struct str *out_literal)
{
    struct str inside, key, value, second;
    if (!slice_enter(arguments, '{', &inside) || !slice_member(&inside, &key, &value) ||
        !str_is(key, "_raw") || !str_starts(value, "\"") || slice_element(&inside, &second))
        return false;
    *out_literal = value;
    return true;
}

struct str tool_call_object(struct str arguments)
{
    struct str inside;
    return slice_enter(arguments, '{', &inside) ? arguments : STR("{}");
}

void tool_call_write_text(struct buf *out, struct str arguments)
{
    struct str raw;
    if (!arguments.len)
        buf_text(out, "\"{}\"");
    else if (tool_call_raw(arguments, &raw))
        buf_str(out, raw);
    else
        json_write_str(out, arguments, 0);
}

static bool find_id(struct str calls, struct str id, struct str *out_name)
{
    struct str inside;
    struct tool_call call;
    if (!tool_calls_enter(calls, &inside))
        return false;
    while (tool_calls_next(&inside, &call)) {
        if (!str_eq(call.id, id))
            continue;
        *out_name = call.name;
        return true;
    }
    return false;
}

struct str tool_call_name_of(const struct model_request *request, size_t index)
{
    struct str name = STR("\"\"");
    CLEANUP_BUF struct buf id = {0};
    json_write_str(&id, request->messages[index].tool_call_id, 0);
    while (index-- > 0) {
        if (find_id(request->messages[index].tool_calls, buf_view(&id), &name))
            break;
    }
    return name;
}

static void write_arguments(struct buf *out, const struct json *arguments)
{
    struct str text = json_str(arguments);
    if (json_is(arguments, JSON_OBJECT)) {
        json_write(out, arguments, 0);
        return;
    }
    CLEANUP_JSON struct json *parsed = text.len ? json_parse(text, NULL) : NULL;
    if (json_is(parsed, JSON_OBJECT)) {
        json_write(out, parsed, 0);
    } else if (!str_trim(text).len) {
        buf_text(out, "{}");
    } else {
        buf_text(out, "{\"_raw\": ");
        json_write_str(out, text, 0);
        buf_char(out, '}');
    }
}

void tool_calls_add(struct buf *list, struct str id, const char *made, struct str name,
                    const struct json *arguments)
{
    buf_text(list, list->len > 1 ? ", {\"id\": " : "{\"id\": ");
    json_write_str(list, id.len ? id : str_of(made), 0);
    buf_text(list, ", \"name\": ");
    json_write_str(list, name, 0);
    buf_text(list, ", \"arguments\": ");
    write_arguments(list, arguments);
    buf_char(list, '}');
}
