/* SPDX-License-Identifier: MIT */
#include "note.h"

#include <grasp/helpers.h>

#include "common/slice.h"
#include "common/template.h"
#include "pyvalue.h"

static bool is_word_at(grasp_str text, size_t at, size_t *out_len)
{
    uint32_t code;
    if (at >= text.len)
        return false;
    *out_len = utf8_at(text, at, &code);
    return utf8_is_word(code);
}

/* The word behind the first "/fhir/" that one follows; empty if there is none. */
static grasp_str word_behind_fhir(grasp_str url)
{
    size_t at = 0, len;
    while (slice_find(url, SLICE("/fhir/"), at, &at)) {
        size_t end = at += 6;
        while (is_word_at(url, end, &len))
            end += len;
        if (end > at)
            return slice_cut(url, at, end);
    }
    return SLICE("");
}

/* The type that the address names. The reference knows servers by the name "fhir" in it only. */
static grasp_str type_of(const struct medagent *self, grasp_str url)
{
    size_t len = self->source.base.len, end;
    if (self->reference || !grasp_starts(url, self->source.base.ptr))
        return word_behind_fhir(url);
    for (end = len; end < url.len && url.ptr[end] != '?' && url.ptr[end] != '/'; end++)
        ;
    return slice_cut(url, len, end);
}

static bool is_noted(grasp_str type)
{
    return grasp_equal(type, "Observation") || grasp_equal(type, "MedicationRequest") ||
           grasp_equal(type, "ServiceRequest");
}

static grasp_str reference_of(const grasp_json *json, const grasp_json_value *body,
                              const char *member)
{
    return json->as_string(json->get(json->get(body, grasp_cstr(member)), SLICE("reference")));
}

/* What follows the last slash, if that can be an id. */
static grasp_str patient_of(grasp_call *call, const struct medagent *self, grasp_str text)
{
    const grasp_json_value *body;
    size_t at;
    if (!py_parse(call, self->json, text, &body) || !py_is_object(self->json, body))
        return SLICE("");
    grasp_str id = reference_of(self->json, body, "subject");
    if (!id.len)
        id = reference_of(self->json, body, "patient");
    while (slice_find(id, SLICE("/"), 0, &at))
        id = slice_from(id, at + 1);
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i], lower = (char)(c | 0x20);
        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return SLICE("");
    }
    return id.len <= 64 ? id : SLICE("");
}

/* The newest one as text; empty with the reason in *out_error, or if there is none. */
static int32_t read_back(grasp_call *call, const struct medagent *self, grasp_str type,
                         grasp_str patient, grasp_str *out_resource, grasp_str *out_error)
{
    struct source patience = self->source;
    struct source_answer answer;
    patience.reference = true; /* its faults are answers */
    int32_t status = source_query(
        call, &patience,
        grasp_format(call, "%.*s?patient=%.*s&_sort=-_lastUpdated&_count=1&_format=json",
                     (int)type.len, type.ptr, (int)patient.len, patient.ptr),
        &answer);
    if (status)
        return status;
    *out_error = answer.error;
    *out_resource = SLICE("");
    const grasp_json_value *bundle =
        answer.error.len ? NULL : self->json->parse(call, answer.body, NULL);
    if (!answer.error.len && !py_is_object(self->json, bundle))
        *out_error = SLICE("the answer is not JSON");
    const grasp_json_value *first = self->json->at(self->json->get(bundle, SLICE("entry")), 0);
    const grasp_json_value *resource = self->json->get(first, SLICE("resource"));
    if (resource)
        *out_resource = self->json->print(call, resource, 0);
    return GRASP_OK;
}

/* For the log alone, or for the agent too, as the reference's wrapper of agents would show it. */
static int32_t say_note(grasp_call *call, const struct medagent *self, grasp_str text)
{
    grasp_message message = {.size = sizeof(message), .content = text};
    bool shown = self->post_notes == NOTES_SHOWN;
    message.role = grasp_cstr(shown ? "user" : "system_note");
    message.flags = shown ? 0 : GRASP_MESSAGE_RECORD_ONLY;
    return call->host->emit_message(call, &message);
}

int32_t note_post(grasp_call *call, const struct medagent *self, grasp_str reply,
                  const struct action *post)
{
    struct text out CLEANUP_TEXT = {0};
    grasp_str type = type_of(self, post->argument), patient, resource, error;
    /* The reference reads the reply as it came, and so sees none in a code fence. */
    if (self->post_notes == NOTES_NONE || !is_noted(type) ||
        (self->reference && !grasp_starts(slice_trim(reply), "POST")))
        return GRASP_OK;
    if (!(patient = patient_of(call, self, post->body)).len)
        return GRASP_OK;
    int32_t status = read_back(call, self, type, patient, &resource, &error);
    if (status)
        return status;
    struct binding bindings[] = {{"type", type},
                                 {"patient", patient},
                                 {"resource", resource},
                                 {"error", error},
                                 {NULL, SLICE("")}};
    template_fill(&out, self->replies.post_note, bindings);
    if (out.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for a note");
    return say_note(call, self, slice_trim(text_view(&out)));
}
