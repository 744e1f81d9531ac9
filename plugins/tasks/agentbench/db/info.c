/* SPDX-License-Identifier: MIT */
#include "../describe.h"
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

int32_t dbbench_info(grasp_call *call, void *opaque)
{
    const struct dbbench *self = opaque;
    const struct description description = {
        .name = "DBBench",
        .max_turns = self->max_turns,
        .blocking = true,
        .reference = self->reference,
        .tools = self->text_protocol ? SLICE("") : self->texts.tools,
        .omitted = self->texts.omitted,
        .family = "DBBench SQL",
        .guidance = self->texts.writer_guidance,
        .labels = self->reference ? &reference_labels : &dbbench_tags,
        .label_set = self->reference ? TAGS_ALL : ~DB_TAG_KINDS,
    };
    return describe_task(call, &description);
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
