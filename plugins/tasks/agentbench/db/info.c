/* SPDX-License-Identifier: MIT */
#include "../describe.h"
#include "../window.h"
#include "common/slice.h"
#include "dbbench.h"
#include "tags.h"

/* Labels that the reference offers to its classifier, which the environment itself never gives. */
static const struct tag_words examples[] = {
    {"answer_submitted_before_query", "an answer was committed before any SQL had run"},
    {"insert_without_verification", "the new row was not looked at"},
    {"sql_max_on_text_column", "an extreme was taken of texts"},
    {"where_clause_omitted", "a change met every row"},
    {"wrong_column_in_mutation", "a change went into another column"},
};
static const struct tag_table reference_labels = {examples, sizeof(examples) / sizeof(*examples)};

static void put_writer(const struct dbbench *self, struct text *out)
{
    text_put(out, "\"writer\": {\"family\": \"DBBench SQL\", ");
    text_put(out, "\"guidance\": ");
    text_json(out, self->texts.writer_guidance);
    text_put(out, ", \"labels\": ");
    if (self->reference)
        tags_write_meanings(out, &reference_labels, TAGS_ALL);
    else
        tags_write_meanings(out, &dbbench_tags, ~DB_TAG_KINDS);
    text_char(out, '}');
}

int32_t dbbench_info(grasp_call *call, void *opaque)
{
    const struct dbbench *self = opaque;
    struct text out CLEANUP_TEXT = {0};
    text_format(&out,
                "{\"name\": \"DBBench\", \"splits\": [\"dev\", \"val\", \"test\"], "
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
    text_put(&out, "}");
    return describe_emit(call, &out);
}

int32_t dbbench_samples(grasp_call *call, void *opaque, grasp_str name)
{
    const struct dbbench *self = opaque;
    size_t at = 0;
    int32_t status = describe_split(call, name, &at);
    const struct db_split *split = &self->set.splits[at];
    for (size_t i = 0; i < split->count && !status; i++)
        status = call->host->emit_json(call, split->samples[i].json);
    return status;
}
