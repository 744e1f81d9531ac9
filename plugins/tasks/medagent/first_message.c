/* SPDX-License-Identifier: MIT */
#include "first_message.h"

#include <grasp/helpers.h>

#include "common/slice.h"

static void put_unit(struct text *out, uint32_t unit)
{
    text_format(out, "\\u%04x", unit);
}

/* Everything beyond ASCII as \uXXXX, in pairs where one is not enough. */
static void put_ascii(struct text *out, uint32_t code)
{
    if (code < 0x80)
        text_char(out, (char)code);
    else if (code < 0x10000)
        put_unit(out, code);
    else {
        put_unit(out, 0xd800 + ((code - 0x10000) >> 10));
        put_unit(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
}

/* The inside of a JSON string, as json.dumps writes it. */
static void put_escaped(struct text *out, grasp_str text)
{
    static const char controls[] = "\b\f\n\r\t", letters[] = "bfnrt";
    uint32_t code;
    for (size_t at = 0; at < text.len;) {
        at += utf8_at(text, at, &code);
        const char *control = code && code < 0x20 ? strchr(controls, (int)code) : NULL;
        if (control)
            text_format(out, "\\%c", letters[control - controls]);
        else if (code < 0x20)
            put_unit(out, code);
        else if (code == '"' || code == '\\')
            text_format(out, "\\%c", (char)code);
        else
            put_ascii(out, code);
    }
}

/* A value that stands `indent` blanks inside the document. */
static void put_value(grasp_call *call, const grasp_json *json, struct text *out,
                      const grasp_json_value *value, const char *indent)
{
    uint32_t code;
    grasp_str text = json->print(call, value, 2);
    for (size_t at = 0; at < text.len;) {
        at += utf8_at(text, at, &code);
        put_ascii(out, code);
        if (code == '\n')
            text_put(out, indent);
    }
}

bool first_message_make(grasp_call *call, const grasp_json *json, struct first_message *message,
                        grasp_str base_url, const grasp_json_value *functions,
                        const grasp_json_value *format)
{
    struct text *after = &message->after_context;
    text_put(&message->before_description, "{\n  \"phase\": \"task_execution\",\n  \"task\": {\n"
                                           "    \"description\": \"");
    text_put(&message->before_context, "\",\n    \"context\": \"");
    text_put(after, "\"\n  },\n  \"behavioral_skills\": \"\",\n  \"api\": {\n    \"base_url\": \"");
    put_escaped(after, base_url);
    text_put(after, "\",\n    \"functions\": ");
    put_value(call, json, after, functions, "    ");
    text_put(after, "\n  },\n  \"response_format\": ");
    put_value(call, json, after, format, "  ");
    text_put(after, "\n}");
    return !message->before_description.failed && !message->before_context.failed && !after->failed;
}

void first_message_fill(struct text *out, const struct first_message *message,
                        grasp_str instruction, grasp_str context, grasp_str now)
{
    text_str(out, text_view(&message->before_description));
    put_escaped(out, instruction);
    text_str(out, text_view(&message->before_context));
    put_escaped(out, context);
    text_put(out, context.len ? "\\n" : "");
    text_put(out, "Current time: ");
    put_escaped(out, now);
    text_str(out, text_view(&message->after_context));
}

void first_message_clear(struct first_message *message)
{
    text_free(&message->before_description);
    text_free(&message->before_context);
    text_free(&message->after_context);
}
