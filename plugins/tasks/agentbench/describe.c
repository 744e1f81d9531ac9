/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <grasp/helpers.h>

#include "data.h"

/* In pieces of words, numbers and signs, as AgentBench counts them. */
#define HISTORY_SEGMENTS 3500

/* What of a long conversation the model still sees. The host does the work. */
static void put_history(struct text *out, const struct description *task)
{
    text_format(out,
                "\"history\": {\"max_segments\": %d, \"whole\": %s, \"notice\": ", HISTORY_SEGMENTS,
                task->reference ? "false" : "true");
    text_json(out, task->omitted);
    text_char(out, '}');
}

static void put_writer(struct text *out, const struct description *task)
{
    text_format(out, "\"writer\": {\"family\": \"%s\"", task->family);
    if (task->labels) {
        text_put(out, ", \"guidance\": ");
        text_json(out, task->guidance);
        text_put(out, ", \"labels\": ");
        tags_write_meanings(out, task->labels, task->label_set);
    }
    text_char(out, '}');
}

int32_t describe_task(grasp_call *call, const struct description *task)
{
    struct text out CLEANUP_TEXT = {0};
    text_format(&out,
                "{\"name\": \"%s\", \"splits\": [\"dev\", \"val\", \"test\"], \"max_turns\": %d, "
                "\"blocking\": %s, \"guidance\": {\"placement\": \"recent\"}, ",
                task->name, task->max_turns, task->blocking ? "true" : "false");
    if (task->tools.len) {
        text_put(&out, "\"tools\": ");
        text_str(&out, task->tools);
        text_put(&out, ", ");
    }
    put_history(&out, task);
    text_put(&out, ", ");
    put_writer(&out, task);
    text_char(&out, '}');
    return describe_emit(call, &out);
}

void describe_sample(struct text *out, grasp_str id, grasp_str type, grasp_str description)
{
    text_put(out, "{\"id\": ");
    text_json(out, id);
    text_put(out, ", \"type\": ");
    text_json(out, type);
    text_put(out, ", \"description\": ");
    text_json(out, description);
}

int32_t describe_emit(grasp_call *call, const struct text *out)
{
    if (out->failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    return call->host->emit_json(call, text_view(out));
}

int32_t describe_split(grasp_call *call, grasp_str name, size_t *out)
{
    for (size_t i = 0; i < DATA_SPLIT_COUNT; i++) {
        if (grasp_equal(name, data_split_names[i])) {
            *out = i;
            return GRASP_OK;
        }
    }
    return grasp_fail(call, GRASP_E_NOT_FOUND, "no split '%.*s'; there are dev, val and test",
                      name.len > 64 ? 64 : (int)name.len, name.ptr);
}
