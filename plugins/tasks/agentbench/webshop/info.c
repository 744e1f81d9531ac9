/* SPDX-License-Identifier: MIT */
#include "../describe.h"
#include "../window.h"
#include "common/slice.h"
#include "tags.h"
#include "webshop.h"

static void put_writer(const struct webshop *self, struct text *out)
{
    text_put(out, "\"writer\": {\"family\": \"WebShop shopping\", \"guidance\": ");
    text_json(out, self->texts.writer_guidance);
    text_put(out, ", \"labels\": ");
    tags_write_meanings(out, &webshop_tags, TAGS_ALL);
    text_char(out, '}');
}

int32_t webshop_info(grasp_call *call, void *opaque)
{
    const struct webshop *self = opaque;
    struct text out CLEANUP_TEXT = {0};
    text_format(&out,
                "{\"name\": \"WebShop\", \"splits\": [\"dev\", \"val\", \"test\"], "
                "\"max_turns\": %d, \"guidance\": {\"placement\": \"recent\"}, \"tools\": ",
                self->max_turns);
    text_str(&out, self->texts.tools);
    text_put(&out, ", ");
    window_write(&out, self->texts.omitted, self->reference);
    text_put(&out, ", ");
    put_writer(self, &out);
    text_put(&out, "}");
    return describe_emit(call, &out);
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
