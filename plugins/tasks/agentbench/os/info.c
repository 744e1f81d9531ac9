/* SPDX-License-Identifier: MIT */
#include "../describe.h"
#include "../window.h"
#include "common/slice.h"
#include "os.h"
#include "tags.h"

static void put_writer(const struct os *self, struct text *out)
{
    text_put(out, "\"writer\": {\"family\": \"work at a Linux shell\"");
    if (!self->reference) {
        text_put(out, ", \"guidance\": ");
        text_json(out, self->texts.writer_guidance);
        text_put(out, ", \"labels\": ");
        tags_write_meanings(out, &os_tags, TAGS_ALL);
    }
    text_char(out, '}');
}

int32_t os_info(grasp_call *call, void *opaque)
{
    const struct os *self = opaque;
    struct text out CLEANUP_TEXT = {0};
    text_format(&out,
                "{\"name\": \"OS Interaction\", \"splits\": [\"dev\", \"val\", \"test\"], "
                "\"max_turns\": %d, \"blocking\": true, "
                "\"guidance\": {\"placement\": \"recent\"}, ",
                self->max_turns);
    if (!self->text_protocol) {
        text_put(&out, "\"tools\": ");
        text_str(&out, self->texts.tools);
        text_put(&out, ", ");
    }
    window_write(&out, self->texts.omitted, self->reference);
    text_put(&out, ", ");
    put_writer(self, &out);
    text_char(&out, '}');
    return describe_emit(call, &out);
}

int32_t os_samples(grasp_call *call, void *opaque, grasp_str name)
{
    const struct os *self = opaque;
    size_t at = 0;
    int32_t status = describe_split(call, name, &at);
    const struct os_split *split = &self->set.splits[at];
    for (size_t i = 0; i < split->count && !status; i++)
        status = call->host->emit_json(call, split->samples[i].json);
    return status;
}
