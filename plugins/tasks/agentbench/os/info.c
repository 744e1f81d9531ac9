/* SPDX-License-Identifier: MIT */
#include "../describe.h"
#include "common/slice.h"
#include "os.h"
#include "tags.h"

int32_t os_info(grasp_call *call, void *opaque)
{
    const struct os *self = opaque;
    const struct description description = {
        .name = "OS Interaction",
        .max_turns = self->max_turns,
        .blocking = true,
        .reference = self->reference,
        .tools = self->text_protocol ? SLICE("") : self->texts.tools,
        .omitted = self->texts.omitted,
        .family = "work at a Linux shell",
        .guidance = self->texts.writer_guidance,
        .labels = self->reference ? NULL : &os_tags,
        .label_set = TAGS_ALL,
    };
    return describe_task(call, &description);
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
