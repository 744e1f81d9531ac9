/* SPDX-License-Identifier: MIT */
#include "turn.h"

#include "common/pyrepr.h"
#include "common/slice.h"

/* What is kept of an action, or of a reply that had to be changed. */
#define KEPT_MAX ((size_t)256 * 1024)

/* The host keeps arguments that are no object as {"_raw": text}. */
static bool is_raw(const grasp_json *json, const grasp_json_value *value, grasp_str *out)
{
    grasp_str key;
    if (json->kind(value) != GRASP_JSON_OBJECT || json->count(value) != 1)
        return false;
    const grasp_json_value *member = json->member(value, 0, &key);
    if (!grasp_equal(key, "_raw") || json->kind(member) != GRASP_JSON_STRING)
        return false;
    *out = json->as_string(member);
    return true;
}

static void read_use(grasp_call *call, const grasp_json_value *item, struct tool_use *out)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *arguments = json->get(item, SLICE("arguments"));
    out->id = json->as_string(json->get(item, SLICE("id")));
    out->name = json->as_string(json->get(item, SLICE("name")));
    out->form = ARGUMENTS_OBJECT;
    out->value = arguments;
    out->whole = item;
    if (is_raw(json, arguments, &out->raw)) {
        out->value = json->parse(call, out->raw, NULL);
        out->form = out->value || grasp_equal(slice_trim(out->raw), "null") ? ARGUMENTS_OTHER
                                                                            : ARGUMENTS_BROKEN;
    } else {
        out->raw = json->print(call, arguments, 0);
    }
}

void tool_use_show(grasp_call *call, struct text *out, const grasp_json_value *use)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_json_value *function = json->get(use, SLICE("function"));
    function = function ? function : use;
    grasp_str name = json->as_string(json->get(function, SLICE("name"))), raw;
    const grasp_json_value *arguments = json->get(function, SLICE("arguments"));
    text_put(out, "tool_call:");
    if (!name.len) {
        pyrepr(out, json, use);
        return;
    }
    text_str(out, name);
    text_char(out, '(');
    if (json->kind(arguments) == GRASP_JSON_STRING)
        text_str(out, json->as_string(arguments));
    else if (is_raw(json, arguments, &raw))
        text_str(out, raw);
    else if (arguments)
        text_str(out, json->print(call, arguments, 0));
    text_char(out, ')');
}

/* As UTF-8, cut to what is kept. */
static void put_clean(struct text *out, grasp_str text)
{
    uint32_t code;
    for (size_t at = 0; at < text.len && at < KEPT_MAX;) {
        at += utf8_at(text, at, &code);
        text_code(out, code);
    }
}

static int32_t emit_action(grasp_call *call, grasp_str action)
{
    struct text clean CLEANUP_TEXT = {0};
    put_clean(&clean, action);
    if (clean.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for an action");
    return call->host->emit_action(call, text_view(&clean));
}

static int32_t emit_actions(grasp_call *call, const struct turn *turn)
{
    int32_t status = emit_action(call, turn->text);
    for (size_t i = 0; !status && i < turn->count; i++) {
        struct text action CLEANUP_TEXT = {0};
        tool_use_show(call, &action, turn->uses[i].whole);
        status = emit_action(call, text_view(&action));
    }
    return status;
}

/* The history has the reply as it came, except where that is impossible. */
static int32_t record(grasp_call *call, const grasp_reply *reply)
{
    struct text clean CLEANUP_TEXT = {0};
    if (utf8_valid(reply->text))
        return GRASP_OK;
    put_clean(&clean, reply->text);
    grasp_message message = {
        .size = sizeof(message),
        .role = SLICE("agent"),
        .content = text_view(&clean),
        .tool_calls = reply->tool_calls,
    };
    return call->host->emit_message(call, &message);
}

int32_t turn_read(grasp_call *call, const grasp_reply *reply, struct turn *out)
{
    const grasp_json *json = grasp_json_of(call);
    *out = (struct turn){.text = SLICE("")};
    if (reply->kind == GRASP_REPLY_CONTEXT_LIMIT) {
        out->text = SLICE("agent context limit");
        int32_t status = grasp_say(call, "agent", out->text);
        return status ? status : emit_actions(call, out);
    }
    int32_t status = record(call, reply);
    if (status)
        return status;
    const grasp_json_value *list = json->parse(call, reply->tool_calls, NULL);
    out->text = reply->text;
    out->count = json->count(list);
    out->uses = call->host->scratch(call, (out->count + 1) * sizeof(*out->uses));
    if (!out->uses)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for %llu tool calls",
                          (unsigned long long)out->count);
    for (size_t i = 0; i < out->count; i++)
        read_use(call, json->at(list, i), &out->uses[i]);
    return emit_actions(call, out);
}

bool tool_use_first(grasp_call *call, const struct tool_use *use, const grasp_json_value **out)
{
    const grasp_json *json = grasp_json_of(call);
    grasp_str key;
    if (use->form != ARGUMENTS_OBJECT || !json->count(use->value))
        return false;
    *out = json->member(use->value, 0, &key);
    return true;
}

int32_t tool_use_answer(grasp_call *call, const struct tool_use *use, grasp_str text)
{
    grasp_message message = {
        .size = sizeof(message),
        .role = SLICE("tool"),
        .content = text,
        .tool_call_id = use->id,
    };
    return call->host->emit_message(call, &message);
}
