/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <stdlib.h>

#include "answers.h"
#include "bundle.h"
#include "common/fhir/gather.h"
#include "common/fhir/json_scan.h"
#include "common/slice.h"
#include "server.h"

/* Of a page of the store, when the request does not say how many; and at most. */
#define PAGE 100
#define PAGE_MOST 1000

void source_close(struct source *source)
{
    fhir_close(source->store);
    free((char *)source->base.ptr);
    *source = (struct source){0};
}

void found_free(struct found *found)
{
    text_free(&found->array);
    text_free(&found->error);
}

static struct fhir_text to_fhir(grasp_str text)
{
    return (struct fhir_text){text.ptr, text.len};
}

static int32_t take_gathered(grasp_call *call, struct fhir_answer *answer, struct found *out)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str body = {answer->body, answer->len};
    if (answer->status == 200)
        text_str(&out->array, body);
    else
        text_str(&out->error, scan_string(scan_get(body, SLICE("error")), &pool));
    fhir_answer_free(answer);
    if (out->array.failed || out->error.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for resources");
    return GRASP_OK;
}

/* A server's answer, or the one that was kept. */
static int32_t ask_server(grasp_call *call, const struct source *source, bool by_id, grasp_str type,
                          grasp_str id, struct found *out)
{
    const char *tool = by_id ? "get_resources_by_resource_id" : "get_resources_by_patient_fhir_id";
    const struct argument arguments[] = {{by_id ? "resource_id" : "patient_fhir_id", id},
                                         {"resource_type", type}};
    char key[MD5_HEX];
    key_of_tool(tool, arguments, 2, key);
    if (source->kept.len && answers_find(call, source->kept, key, &out->array))
        return GRASP_OK;
    int32_t status = by_id ? server_of_id(call, source, type, id, out)
                           : server_of_patient(call, source, type, id, out);
    if (source->kept.len && !status && !out->error.len)
        answers_keep(source->kept, key, text_view(&out->array));
    return status;
}

int32_t source_of_patient(grasp_call *call, const struct source *source, grasp_str type,
                          grasp_str patient, struct found *out)
{
    struct fhir_answer answer = {0};
    if (!source->store)
        return ask_server(call, source, false, type, patient, out);
    fhir_gather_patient(source->store, source->lenient ? FHIR_GATHER_LENIENT : FHIR_GATHER_SANE,
                        to_fhir(type), to_fhir(patient), SOURCE_MOST, &answer);
    return take_gathered(call, &answer, out);
}

int32_t source_of_id(grasp_call *call, const struct source *source, grasp_str type, grasp_str id,
                     struct found *out)
{
    struct fhir_answer answer = {0};
    if (!source->store)
        return ask_server(call, source, true, type, id, out);
    fhir_gather_id(source->store, source->lenient ? FHIR_GATHER_LENIENT : FHIR_GATHER_SANE,
                   to_fhir(type), to_fhir(id), SOURCE_MOST, &answer);
    return take_gathered(call, &answer, out);
}

/* Adds what the store does not know by itself: the page's size, and `id` for `_id`. */
static void put_request(struct text *out, const struct source *source, grasp_str request)
{
    bool counted = false;
    size_t query = 0;
    while (query < request.len && request.ptr[query] != '?')
        query++;
    text_str(out, slice_cut(request, 0, query));
    if (query == request.len && slice_find(request, SLICE("/"), 0, &query))
        return;
    grasp_str rest = slice_from(request, query < request.len ? query + 1 : request.len);
    char joint = '?';
    while (rest.len) {
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != '&')
            end++;
        grasp_str pair = slice_cut(rest, 0, end);
        rest = slice_from(rest, end < rest.len ? end + 1 : end);
        bool is_id = grasp_starts(pair, "id=");
        if (is_id && source->lenient)
            continue;
        text_char(out, joint);
        text_put(out, is_id ? "_" : "");
        joint = '&';
        if (grasp_starts(pair, "_count=")) {
            long count = strtol(pair.ptr + 7, NULL, 10);
            text_format(out, "_count=%ld", count < 0 ? 0 : count > PAGE_MOST ? PAGE_MOST : count);
            counted = true;
            continue;
        }
        text_str(out, pair);
    }
    if (!counted)
        text_format(out, "%c_count=%d", joint, PAGE);
}

static int32_t ask_store(grasp_call *call, const struct source *source, grasp_str request,
                         struct found *out)
{
    struct text url CLEANUP_TEXT = {0};
    struct fhir_answer answer = {0};
    struct fhir_view *view = fhir_view_new(source->store);
    put_request(&url, source, request);
    fhir_get(view, to_fhir(text_view(&url)), &answer);
    grasp_str body = {answer.body, answer.len};
    if (answer.status == 200)
        bundle_resources(body, false, &out->array);
    else
        bundle_complaint(body, answer.status, &out->error);
    fhir_answer_free(&answer);
    fhir_view_free(view);
    if (url.failed || out->array.failed)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for resources");
    return GRASP_OK;
}

int32_t source_request(grasp_call *call, const struct source *source, grasp_str request,
                       struct found *out)
{
    request = slice_trim(request);
    while (request.len && *request.ptr == '/')
        request = slice_from(request, 1);
    return source->store ? ask_store(call, source, request, out)
                         : server_request(call, source, request, out);
}

static bool store_has_patient(const struct source *source, grasp_str patient)
{
    struct fhir_answer answer = {0};
    struct fhir_view *view = fhir_view_new(source->store);
    int32_t status = fhir_read(view, FHIR_TEXT("Patient"), to_fhir(patient), &answer);
    fhir_answer_free(&answer);
    fhir_view_free(view);
    return status == 200;
}

int32_t source_has_patient(grasp_call *call, const struct source *source, grasp_str patient,
                           bool *out)
{
    struct found found CLEANUP_FOUND = {0};
    grasp_str first, rest;
    if (source->store) {
        *out = store_has_patient(source, patient);
        return GRASP_OK;
    }
    int32_t status = server_of_patient(call, source, SLICE("Patient"), patient, &found);
    rest = text_view(&found.array);
    *out = !status && scan_item_next(&rest, &first);
    return status;
}
