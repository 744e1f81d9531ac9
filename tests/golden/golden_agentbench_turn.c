/* SPDX-License-Identifier: MIT */
#include "golden_agentbench_turn.h"

#include <string.h>

#include "golden_agentbench_os_db.h"
#include "model/tool_calls.h"

void golden_take_turn(struct mock_episode *episode, const struct json *output, const char *no_id)
{
    CLEANUP_BUF struct buf calls = {0};
    const struct json *messages = json_get(output, "messages");
    struct str content = json_str(json_get(output, "content"));
    buf_char(&calls, '[');
    for (size_t i = 0; i < json_count(messages); i++) {
        const struct json *message = json_at(messages, i), *uses = json_get(message, "tool_calls");
        if (json_str(json_get(message, "content")).len && !content.len)
            content = json_str(json_get(message, "content"));
        for (size_t k = 0; k < json_count(uses); k++) {
            const struct json *use = json_at(uses, k), *function = json_get(use, "function");
            tool_calls_add(&calls, json_str(json_get(use, "id")), no_id,
                           json_str(json_get(function, "name")), json_get(function, "arguments"));
        }
    }
    buf_char(&calls, ']');
    bool limit = str_is(json_str(json_get(output, "status")), "agent context limit");
    grasp_reply reply = {.size = sizeof(reply),
                         .kind = limit ? GRASP_REPLY_CONTEXT_LIMIT : GRASP_REPLY_TEXT,
                         .text = golden_in(content),
                         .tool_calls = golden_in(calls.len > 2 ? buf_view(&calls) : STR("")),
                         .finish_reason = grasp_cstr("stop")};
    mock_episode_step(episode, &reply);
}

void golden_fill(struct buf *out, const struct golden_name *names, size_t count, struct str text)
{
    while (text.len) {
        size_t i = 0;
        while (i < count && !str_starts(text, names[i].name))
            i++;
        size_t len = i < count ? strlen(names[i].name) : 1;
        if (i < count)
            buf_str(out, golden_out(names[i].text));
        else
            buf_char(out, *text.ptr);
        text = (struct str){text.ptr + len, text.len - len};
    }
}
