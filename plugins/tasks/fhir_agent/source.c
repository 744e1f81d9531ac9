/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <stdlib.h>

#include "answers.h"
#include "bundle.h"
#include "common/fhir/gather.h"
#include "common/fhir/json_scan.h"
#include "common/fhir/query.h"
#include "common/fhir/r4.h"
#include "common/slice.h"
#include "server.h"

/* Of a page of the store, when the request does not say how many; and at most. */
#define PAGE 100
#define PAGE_MOST 1000

void source_close(struct source *source)
{
    fhir_close(source->store);
    invented_free(source->invented);
    free((char *)source->base.ptr);
    *source = (struct source){0};
}

bool source_is_server(const struct source *source)
{
    return !source->store && !source->invented;
}

static int32_t store_of(grasp_call *call, const struct source *source, struct fhir_store **out)
{
    if (source->invented)
        return invented_store(call, source->invented, out);
    *out = source->store;
    return GRASP_OK;
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
    struct fhir_store *store;
    if (source_is_server(source))
        return ask_server(call, source, false, type, patient, out);
    int32_t status = store_of(call, source, &store);
    if (status)
        return status;
    fhir_gather_patient(store, source->lenient ? FHIR_GATHER_LENIENT : FHIR_GATHER_SANE,
                        to_fhir(type), to_fhir(patient), SOURCE_MOST, &answer);
    return take_gathered(call, &answer, out);
}

int32_t source_of_id(grasp_call *call, const struct source *source, grasp_str type, grasp_str id,
                     struct found *out)
{
    struct fhir_answer answer = {0};
    struct fhir_store *store;
    if (source_is_server(source))
        return ask_server(call, source, true, type, id, out);
    int32_t status = store_of(call, source, &store);
    if (status)
        return status;
    fhir_gather_id(store, source->lenient ? FHIR_GATHER_LENIENT : FHIR_GATHER_SANE, to_fhir(type),
                   to_fhir(id), SOURCE_MOST, &answer);
    return take_gathered(call, &answer, out);
}

/* The ids of what the tools fetch as a patient's, for a type that R4 gives no parameter `patient`.
 * One that no resource has stands for none. */
static void put_patients_ids(struct text *out, const struct fhir_store *store, grasp_str type,
                             grasp_str patient)
{
    struct pool pool CLEANUP_POOL = {0};
    struct fhir_answer answer = {0};
    grasp_str item, rest;
    const char *joint = "_id=";
    fhir_gather_patient(store, FHIR_GATHER_SANE, to_fhir(type), to_fhir(patient), SOURCE_MOST,
                        &answer);
    rest = (grasp_str){answer.body, answer.status == 200 ? answer.len : 0};
    while (scan_item_next(&rest, &item)) {
        text_put(out, joint);
        text_str(out, scan_string(scan_get(item, SLICE("id")), &pool));
        joint = ",";
    }
    text_put(out, *joint == ',' ? "" : "_id=-");
    fhir_answer_free(&answer);
}

/* Does R4 have the parameter, whatever its modifier or chain? */
static bool is_known(const struct r4_type *type, grasp_str name)
{
    size_t end = 0;
    while (end < name.len && name.ptr[end] != ':' && name.ptr[end] != '.')
        end++;
    return grasp_starts(name, "_") || r4_param_find(type, slice_cut(name, 0, end));
}

/* What stands for a parameter that R4 does not have: nothing where such are ignored, else what the
 * tools take it for. False for what is to stay. */
static bool put_unknown(struct text *out, const struct fhir_store *store, bool lenient,
                        const struct r4_type *type, const struct pair *pair)
{
    if (!type || is_known(type, pair->name))
        return false;
    if (lenient)
        return true;
    grasp_str patient = pair->value;
    if (grasp_starts(patient, "Patient/"))
        patient = slice_from(patient, 8);
    if (slice_eq(pair->name, SLICE("id"))) {
        text_put(out, "_id=");
        query_encode(out, pair->value);
    } else if (slice_eq(pair->name, SLICE("patient")) && patient.len &&
               (grasp_equal(type->name, "Patient") || grasp_equal(type->name, "Medication") ||
                grasp_equal(type->name, "Location"))) {
        put_patients_ids(out, store, type->name, patient);
    } else {
        return false;
    }
    return true;
}

static void put_count(struct text *out, grasp_str value)
{
    unsigned count = 0;
    for (size_t i = 0; i < value.len && value.ptr[i] >= '0' && value.ptr[i] <= '9'; i++)
        count = count < PAGE_MOST ? 10 * count + (unsigned)(value.ptr[i] - '0') : PAGE_MOST;
    text_format(out, "_count=%u", count < PAGE_MOST ? count : PAGE_MOST);
}

/* Adds the page's size, and takes parameters that the store does not know as its mode has it. */
static void put_request(struct text *out, const struct fhir_store *store, bool lenient,
                        grasp_str request)
{
    struct pool pool CLEANUP_POOL = {0};
    bool counted = false;
    size_t query = 0;
    while (query < request.len && request.ptr[query] != '?')
        query++;
    grasp_str path = slice_cut(request, 0, query);
    const struct r4_type *type = r4_type_find(path);
    text_str(out, path);
    if (query == request.len && slice_find(request, SLICE("/"), 0, &query))
        return;
    grasp_str rest = slice_from(request, query < request.len ? query + 1 : request.len);
    text_char(out, '?');
    while (rest.len) {
        struct pair pair;
        size_t end = 0, start = out->len;
        while (end < rest.len && rest.ptr[end] != '&')
            end++;
        grasp_str sent = slice_cut(rest, 0, end), read = sent;
        rest = slice_from(rest, end < rest.len ? end + 1 : end);
        if (!query_pair(&read, &pool, &pair) || put_unknown(out, store, lenient, type, &pair)) {
            text_put(out, out->len > start ? "&" : "");
            continue;
        }
        bool counts = slice_eq(pair.name, SLICE("_count"));
        if (counts)
            put_count(out, pair.value);
        else
            text_str(out, sent);
        counted = counted || counts;
        text_char(out, '&');
    }
    if (!counted)
        text_format(out, "_count=%d", PAGE);
}

static int32_t ask_store(grasp_call *call, const struct source *source, grasp_str request,
                         struct found *out)
{
    struct text url CLEANUP_TEXT = {0};
    struct fhir_answer answer = {0};
    struct fhir_store *store;
    int32_t status = store_of(call, source, &store);
    if (status)
        return status;
    struct fhir_view *view = fhir_view_new(store);
    put_request(&url, store, source->lenient, request);
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
    return source_is_server(source) ? server_request(call, source, request, out)
                                    : ask_store(call, source, request, out);
}

static bool store_has_patient(const struct fhir_store *store, grasp_str patient)
{
    struct fhir_answer answer = {0};
    struct fhir_view *view = fhir_view_new(store);
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
    struct fhir_store *store;
    int32_t status;
    if (!source_is_server(source)) {
        status = store_of(call, source, &store);
        *out = !status && store_has_patient(store, patient);
        return status;
    }
    status = server_find(call, source, SLICE("Patient"), patient, &found);
    if (!status && found.error.len)
        return grasp_fail(call, GRASP_E_INVALID, "option 'fhir_base': asked for a patient, %.*s",
                          (int)found.error.len, found.error.ptr);
    rest = text_view(&found.array);
    *out = !status && scan_item_next(&rest, &first);
    return status;
}
