/* SPDX-License-Identifier: MIT */
#include "../describe.h"
#include "alfworld.h"
#include "common/slice.h"
#include "tags.h"

int32_t alfworld_info(grasp_call *call, void *opaque)
{
    const struct alfworld *self = opaque;
    const struct description description = {
        .name = "ALFWorld",
        .max_turns = self->max_turns,
        .blocking = false,
        .reference = self->reference,
        .tools = self->texts.tools,
        .omitted = self->texts.omitted,
        .family = "ALFWorld household",
        .guidance = self->texts.writer_guidance,
        .labels = &alfworld_tags,
        .label_set = TAGS_ALL,
    };
    return describe_task(call, &description);
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
