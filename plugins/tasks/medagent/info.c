/* SPDX-License-Identifier: MIT */
#include "common/slice.h"
#include "medagent.h"
#include "tags.h"

/* Labels that the reference offers to its classifier, which the environment itself never gives. */
static const struct tag_words examples[] = {
    {"answer_format_wrong_type", "the answer has another JSON type than was asked for"},
    {"answer_submitted_before_verification", "the answer was given before it was looked up"},
    {"date_filter_omitted", "results were not limited to the time asked for"},
    {"fhir_resource_wrong_field_extracted", "the value was read from another field"},
    {"patient_id_not_resolved_before_query", "a search used something else than the patient's id"},
    {"quantity_unit_mismatch", "the value is in another unit"},
    {"wrong_resource_type_queried", "another type of resource was searched"},
};
static const struct tag_table reference_labels = {examples, sizeof(examples) / sizeof(*examples)};

static void put_writer(const struct medagent *self, struct text *out)
{
    text_put(out, "\"writer\": {\"family\": \"clinical chart work through FHIR\", ");
    if (!self->reference) {
        text_put(out, "\"guidance\": ");
        text_json(out, self->writer_guidance);
        text_put(out, ", ");
    }
    text_put(out, "\"labels\": ");
    tags_write_meanings(out, self->reference ? &reference_labels : &medagent_tags, TAGS_ALL);
    text_char(out, '}');
}

int32_t medagent_info(grasp_call *call, void *opaque)
{
    const struct medagent *self = opaque;
    struct text out CLEANUP_TEXT = {0};
    text_format(&out,
                "{\"name\": \"%s\", \"splits\": [\"dev\", \"val\", \"id_test\", \"test\"], "
                "\"max_turns\": %d, \"blocking\": %s, \"guidance\": {\"placement\": \"first\", "
                "\"field\": \"behavioral_skills\"}, ",
                self->version == MEDAGENT_V1 ? "MedAgentBench" : "MedAgentBench-v2",
                self->max_turns, self->source.remote ? "true" : "false");
    put_writer(self, &out);
    text_put(&out, "}");
    if (out.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    return call->host->emit_json(call, text_view(&out));
}

int32_t medagent_samples(grasp_call *call, void *opaque, grasp_str name)
{
    const struct medagent *self = opaque;
    const struct split *split = self->splits;
    while (split < self->splits + SPLIT_COUNT && !grasp_equal(name, split->name))
        split++;
    if (split == self->splits + SPLIT_COUNT)
        return grasp_fail(call, GRASP_E_NOT_FOUND,
                          "no split '%.*s'; there are dev, val, id_test and test",
                          name.len > 64 ? 64 : (int)name.len, name.ptr);
    for (size_t i = 0; i < split->count; i++) {
        int32_t status = call->host->emit_json(call, split->samples[i].json);
        if (status)
            return status;
    }
    return GRASP_OK;
}

int32_t medagent_read_sample(grasp_call *call, const struct medagent *self, grasp_str text,
                             struct sample *out)
{
    const grasp_json_value *object = self->json->parse(call, text, NULL);
    if (!sample_read(self->json, object, self->version, out))
        return grasp_fail(call, GRASP_E_INVALID,
                          "the sample is no object with an 'id' of the form task<1..10>_<number>");
    return GRASP_OK;
}
