/* SPDX-License-Identifier: MIT */
#include "../describe.h"
#include "common/slice.h"
#include "tags.h"
#include "webshop.h"

int32_t webshop_info(grasp_call *call, void *opaque)
{
    const struct webshop *self = opaque;
    const struct description description = {
        .name = "WebShop",
        .max_turns = self->max_turns,
        .blocking = false,
        .reference = self->reference,
        .tools = self->texts.tools,
        .omitted = self->texts.omitted,
        .family = "WebShop shopping",
        .guidance = self->texts.writer_guidance,
        .labels = &webshop_tags,
        .label_set = TAGS_ALL,
    };
    return describe_task(call, &description);
}

static void put_sample(const struct webshop *self, size_t at, struct text *out)
{
    const struct goal *goal = &self->catalog.goals[at];
    text_format(out, "{\"id\": \"%zu\", \"description\": ", at);
    if (self->reference)
        text_format(out, "\"WebShop goal index %zu\"", at);
    else
        text_json(out, goal->instruction);
    text_put(out, ", \"answer\": {\"asin\": ");
    text_json(out, goal->asin);
    text_put(out, ", \"product\": ");
    text_json(out, goal->name);
    text_put(out, ", \"attributes\": ");
    strings_write(out, &goal->attributes);
    text_put(out, ", \"options\": ");
    strings_write(out, &goal->options);
    text_put(out, "}}");
}

int32_t webshop_samples(grasp_call *call, void *opaque, grasp_str name)
{
    static const size_t turns[] = {0, 1, 0, 2};
    const struct webshop *self = opaque;
    size_t split = 0;
    int32_t status = describe_split(call, name, &split);
    for (size_t i = 0; i < SHOP_SAMPLES && i < self->catalog.goal_count && !status; i++) {
        struct text out CLEANUP_TEXT = {0};
        if (turns[i % 4] != split)
            continue;
        put_sample(self, i, &out);
        status = describe_emit(call, &out);
    }
    return status;
}
