/* SPDX-License-Identifier: MIT */
#include "patients.h"

#include <errno.h>
#include <stdlib.h>

#include "common/slice.h"
#include "pyvalue.h"

#define ASKED_AT_ONCE 40

static int32_t open_text(grasp_call *call, struct medagent *self, FILE *file, char **text,
                         size_t *len, const struct cohort_roster *roster)
{
    struct fhir_error error;
    cohort_roster_write(roster, file);
    bool written = !ferror(file);
    if (fclose(file) != 0 || !written)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the patients");
    if (fhir_open_text((struct fhir_text){*text, *len}, "the generated patients", NULL,
                       &self->source.store, &error))
        return grasp_fail(call, GRASP_E_FAILED, "%s", error.text);
    return GRASP_OK;
}

static int32_t generate(grasp_call *call, struct medagent *self, const struct cohort_roster *roster)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    if (!file)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for the patients");
    int32_t status = open_text(call, self, file, &text, &len, roster);
    free(text);
    return status;
}

static int32_t fail_missing(grasp_call *call, const struct medagent *self, grasp_str id,
                            grasp_str mrn)
{
    const char *where = self->source.remote ? self->source.base.ptr
                        : self->fhir.len    ? self->fhir.ptr
                                            : "the generated patients";
    return grasp_fail(
        call, GRASP_E_INVALID,
        "%s: the patient %.*s of sample %.*s is not there; the data has to have every "
        "patient that the tasks name (grasp-host fhir cohort makes such data)",
        where, (int)mrn.len, mrn.ptr, (int)id.len, id.ptr);
}

static int32_t look_in_store(grasp_call *call, const struct medagent *self,
                             const struct task_sample *sample)
{
    struct fhir_answer answer = {0};
    int32_t status = fhir_read(self->source.view, FHIR_TEXT("Patient"),
                               (struct fhir_text){sample->mrn.ptr, sample->mrn.len}, &answer);
    fhir_answer_free(&answer);
    return status == 200 ? GRASP_OK : fail_missing(call, self, sample->id, sample->mrn);
}

static bool has_patient(const struct medagent *self, const grasp_json_value *entries, grasp_str mrn)
{
    const grasp_json *json = self->json;
    for (uint64_t i = 0; i < json->count(entries); i++) {
        const grasp_json_value *resource = json->get(json->at(entries, i), SLICE("resource"));
        const grasp_json_value *identifiers = json->get(resource, SLICE("identifier"));
        for (uint64_t k = 0; k < json->count(identifiers); k++)
            if (slice_eq(json->as_string(json->get(json->at(identifiers, k), SLICE("value"))), mrn))
                return true;
    }
    return false;
}

/* Asks a server for some of a split's patients at once. */
static int32_t look_on_server(grasp_call *call, const struct medagent *self,
                              const struct split *split, size_t from, size_t to)
{
    struct text query CLEANUP_TEXT = {0};
    struct source_answer answer;
    text_put(&query, "Patient?identifier=");
    for (size_t i = from; i < to; i++) {
        text_put(&query, i > from && split->samples[i].mrn.len ? "," : "");
        text_str(&query, split->samples[i].mrn);
    }
    text_put(&query, "&_count=5000&_format=json");
    int32_t status = source_query(call, &self->source, text_view(&query), &answer);
    if (status)
        return status;
    const grasp_json_value *bundle = self->json->parse(call, answer.body, NULL);
    for (size_t i = from; i < to; i++) {
        const struct task_sample *sample = &split->samples[i];
        if (sample->mrn.len &&
            !has_patient(self, self->json->get(bundle, SLICE("entry")), sample->mrn))
            return fail_missing(call, self, sample->id, sample->mrn);
    }
    return GRASP_OK;
}

static int32_t check_split(grasp_call *call, const struct medagent *self, const struct split *split)
{
    int32_t status = GRASP_OK;
    for (size_t i = 0; i < split->count && !status;) {
        if (self->source.remote) {
            size_t to = i + ASKED_AT_ONCE < split->count ? i + ASKED_AT_ONCE : split->count;
            status = look_on_server(call, self, split, i, to);
            i = to;
        } else {
            if (split->samples[i].mrn.len)
                status = look_in_store(call, self, &split->samples[i]);
            i++;
        }
    }
    return status;
}

static int32_t check_server(grasp_call *call, const struct medagent *self)
{
    struct source_answer answer;
    int32_t status = source_query(call, &self->source, SLICE("metadata"), &answer);
    if (!status && answer.status != 200)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "%smetadata: %.*s; is a FHIR server there?",
                          self->source.base.ptr, (int)answer.error.len, answer.error.ptr);
    return status;
}

int32_t patients_open(grasp_call *call, struct medagent *self, const struct cohort_roster *roster)
{
    struct fhir_error error;
    int32_t status = GRASP_OK;
    if (self->source.remote)
        status = check_server(call, self);
    else if (!self->fhir.len)
        status = generate(call, self, roster);
    else if (fhir_open(self->fhir.ptr, NULL, &self->source.store, &error))
        status = grasp_fail(call, GRASP_E_INVALID, "%s", error.text);
    if (status)
        return status;
    if (self->source.store)
        self->source.view = fhir_view_new(self->source.store);
    for (int i = 0; i < SPLIT_COUNT && !status; i++)
        status = check_split(call, self, &self->splits[i]);
    return status;
}
