/* SPDX-License-Identifier: MIT */
#include "../describe.h"
#include "../window.h"
#include "alfworld.h"
#include "common/slice.h"
#include "tags.h"

int32_t alfworld_info(grasp_call *call, void *opaque)
{
    const struct alfworld *self = opaque;
    struct text out CLEANUP_TEXT = {0};
    text_format(&out,
                "{\"name\": \"ALFWorld\", \"splits\": [\"dev\", \"val\", \"test\"], "
                "\"max_turns\": %d, \"blocking\": false, "
                "\"guidance\": {\"placement\": \"recent\"}, \"tools\": ",
                self->max_turns);
    text_str(&out, self->texts.tools);
    text_put(&out, ", ");
    window_write(&out, self->texts.omitted, self->reference);
    text_put(&out, ", \"writer\": {\"family\": \"ALFWorld household\", \"guidance\": ");
    text_json(&out, self->texts.writer_guidance);
    text_put(&out, ", \"labels\": ");
    tags_write_meanings(&out, &alfworld_tags, TAGS_ALL);
    text_put(&out, "}}");
    return describe_emit(call, &out);
}

int32_t alfworld_samples(grasp_call *call, void *opaque, grasp_str name)
{
    const struct alfworld *self = opaque;
    size_t at = 0;
    int32_t status = describe_split(call, name, &at);
    const struct alf_split *split = &self->games.splits[at];
    for (size_t i = 0; i < split->count && !status; i++)
        status = call->host->emit_json(call, split->samples[i].json);
    return status;
}
