/* SPDX-License-Identifier: MIT */
#include "quickstart.h"
#include "scan.h"
#include "tags.h"

static void write_splits(const struct quickstart *self, struct text *out)
{
    const char *separator = "[\"";
    for (int i = 0; i < SPLIT_COUNT; i++) {
        if (self->splits[i].count) {
            text_put(out, separator);
            text_put(out, self->splits[i].name);
            separator = "\", \"";
        }
    }
    text_put(out, "\"]");
}

int32_t quickstart_info(grasp_call *call, void *opaque)
{
    const struct quickstart *self = opaque;
    struct text out CLEANUP_TEXT = {0};
    text_put(&out, "{\"name\": \"fhir-quickstart\", \"splits\": ");
    write_splits(self, &out);
    text_put(&out, ", \"max_turns\": ");
    text_number(&out, self->max_turns);
    text_put(&out, ", \"blocking\": false, \"guidance\": {\"placement\": \"recent\"}, "
                   "\"writer\": {\"family\": \"FHIR clinical lookup\", \"guidance\": \"");
    text_escaped(&out, self->writer_guidance);
    text_put(&out, "\", \"labels\": ");
    tags_write_meanings(&out, &quickstart_tags, TAGS_ALL);
    text_put(&out, "}}");
    if (out.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory");
    return call->host->emit_json(call, text_view(&out));
}

int32_t quickstart_samples(grasp_call *call, void *opaque, grasp_str name)
{
    const struct quickstart *self = opaque;
    struct text out CLEANUP_TEXT = {0}, digits CLEANUP_TEXT = {0};
    const struct split *split = self->splits;
    while (split < self->splits + SPLIT_COUNT && !(split->count && grasp_equal(name, split->name)))
        split++;
    if (split == self->splits + SPLIT_COUNT)
        return grasp_fail(call, GRASP_E_NOT_FOUND, "no split '%.*s'; info names those there are",
                          name.len > 64 ? 64 : (int)name.len, name.ptr);
    for (uint32_t number = split->first; number < split->first + split->count; number++) {
        struct sample_view sample = quickstart_sample_at(self, number);
        digits.len = out.len = 0;
        text_number(&digits, (int64_t)number + 1);
        grasp_str values[] = {text_view(&digits), grasp_cstr(sample.patient->mrn), grasp_cstr("")};
        template_fill(&out, &sample.form->sample, values);
        int32_t status = out.failed ? grasp_fail(call, GRASP_E_NOMEM, "no memory")
                                    : call->host->emit_json(call, text_view(&out));
        if (status)
            return status;
    }
    return GRASP_OK;
}

/* The number in "task4_<number>", 0 if it is not such an id. */
static uint32_t id_number(grasp_str id)
{
    uint32_t number = 0;
    if (!grasp_starts(id, "task4_") || id.len > 14 || id.ptr[6] == '0')
        return 0;
    for (size_t i = 6; i < id.len; i++) {
        if (id.ptr[i] < '0' || id.ptr[i] > '9')
            return 0;
        number = number * 10 + (uint32_t)(id.ptr[i] - '0');
    }
    return number;
}

int32_t quickstart_sample(grasp_call *call, const struct quickstart *self, grasp_str sample,
                          struct sample_view *out)
{
    const struct split *last = &self->splits[SPLIT_COUNT - 1];
    grasp_str id = scan_inside(scan_member(sample, "id"));
    grasp_str mrn = scan_inside(scan_member(sample, "eval_MRN"));
    uint32_t number = id_number(id);
    if (number == 0 || number > last->first + last->count)
        return grasp_fail(call, GRASP_E_INVALID,
                          "the sample '%.*s' is none of this task with these options",
                          id.len > 64 ? 64 : (int)id.len, id.ptr);
    *out = quickstart_sample_at(self, number - 1);
    if (!grasp_equal(mrn, out->patient->mrn))
        return grasp_fail(call, GRASP_E_INVALID,
                          "the sample '%.*s' is about another patient; was it made with other "
                          "options (seed, patients_file, sizes)?",
                          (int)id.len, id.ptr);
    return GRASP_OK;
}
