/* SPDX-License-Identifier: MIT */
#include "common/slice.h"
#include "fhir_agent.h"
#include "tags.h"

static const struct tag_words reference_labels[] = {
    {"answer_format_wrong_type", "the answer has another form than the data"},
    {"answer_submitted_before_verification", "the answer was given before it was looked up"},
    {"date_filter_omitted", "resources were not limited to the time asked for"},
    {"fhir_resource_wrong_field_extracted", "the value was read from another field"},
    {"patient_id_not_resolved_before_query", "a query used something else than the patient's id"},
    {"quantity_unit_mismatch", "the value is in another unit"},
    {"wrong_resource_type_queried", "another type of resource was fetched"},
};
static const struct tag_table reference_table = {reference_labels, sizeof(reference_labels) /
                                                                       sizeof(*reference_labels)};

/* tools.json holds all tools by name; a strategy has some. */
static int32_t put_tools(grasp_call *call, const struct fhir_agent *self, struct text *out)
{
    const grasp_json *json = self->json;
    const grasp_json_value *all = json->parse(call, self->tools, NULL);
    const char *joint = "";
    text_put(out, "\"tools\": [");
    for (int i = 0; i < TOOL_COUNT; i++) {
        const grasp_json_value *tool = json->get(all, grasp_cstr(tool_names[i]));
        if (!(self->strategy->tools & TOOL_BIT(i)))
            continue;
        if (json->kind(json->get(tool, SLICE("parameters"))) != GRASP_JSON_OBJECT)
            return grasp_fail(call, GRASP_E_INVALID,
                              "prompt tools.json: '%s' needs a 'description' and 'parameters'",
                              tool_names[i]);
        text_format(out, "%s{\"name\": \"%s\", \"description\": ", joint, tool_names[i]);
        text_json(out, json->as_string(json->get(tool, SLICE("description"))));
        text_put(out, ", \"parameters\": ");
        text_str(out, json->print(call, json->get(tool, SLICE("parameters")), 0));
        text_char(out, '}');
        joint = ", ";
    }
    text_put(out, "]");
    return GRASP_OK;
}

static void put_writer(const struct fhir_agent *self, struct text *out)
{
    const struct tag_table *table = self->reference ? &reference_table : &fhir_agent_tags;
    text_put(out, "\"writer\": {\"family\": \"questions about a patient's FHIR chart\", ");
    if (!self->reference) {
        text_put(out, "\"guidance\": ");
        text_json(out, self->writer_guidance);
        text_put(out, ", ");
    }
    text_put(out, "\"labels\": {");
    for (int i = 0; i < table->count; i++) {
        text_put(out, i ? ", " : "");
        text_json(out, grasp_cstr(table->tags[i].name));
        text_put(out, ": ");
        text_json(out, grasp_cstr(table->tags[i].description));
    }
    text_put(out, "}}");
}

static void put_splits(const struct fhir_agent *self, struct text *out)
{
    const char *joint = "";
    text_put(out, "\"splits\": [");
    for (size_t i = 0; i < SPLIT_COUNT; i++) {
        if (!self->splits[i].count)
            continue;
        text_format(out, "%s\"%s\"", joint, self->splits[i].name);
        joint = ", ";
    }
    text_put(out, "], ");
}

int32_t fhir_agent_info(grasp_call *call, void *opaque)
{
    const struct fhir_agent *self = opaque;
    struct text out CLEANUP_TEXT = {0};
    int64_t turns = self->strategy->turn_count ? self->strategy->turn_count : self->max_turns;
    text_put(&out, "{\"name\": \"FHIR-AgentBench\", ");
    put_splits(self, &out);
    text_format(&out,
                "\"max_turns\": %lld, \"blocking\": %s, "
                "\"guidance\": {\"placement\": \"system\"}, ",
                (long long)turns, self->code || source_is_server(&self->source) ? "true" : "false");
    int32_t status = put_tools(call, self, &out);
    if (status)
        return status;
    text_put(&out, ", ");
    put_writer(self, &out);
    text_put(&out, "}");
    if (out.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    return call->host->emit_json(call, text_view(&out));
}

int32_t fhir_agent_samples(grasp_call *call, void *opaque, grasp_str name)
{
    const struct fhir_agent *self = opaque;
    for (size_t i = 0; i < SPLIT_COUNT; i++) {
        const struct split *split = &self->splits[i];
        int32_t status = GRASP_OK;
        if (!grasp_equal(name, split->name) || !split->count)
            continue;
        for (size_t k = 0; !status && k < split->count; k++)
            status = call->host->emit_json(call, split->questions[k].json);
        return status;
    }
    return grasp_fail(call, GRASP_E_NOT_FOUND, "no split '%.*s'; there are dev, val and id_test",
                      name.len > 64 ? 64 : (int)name.len, name.ptr);
}
