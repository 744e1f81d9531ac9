/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "bundle.h"
#include "common/fhir/json_scan.h"
#include "common/pool.h"
#include "common/slice.h"
#include "common/string_list.h"

#define GOOGLE "https://healthcare.googleapis.com/"
#define GOOGLE_INSTEAD "CLOUDSDK_API_ENDPOINT_OVERRIDES_HEALTHCARE"
#define SHOWN_MAX 200
#define BODY_MAX ((uint64_t)64 << 20)
#define PAGES_MAX 2000
/* A server does not say whether these are one patient's, who may have that many. */
#define RESOURCES_MAX 200000
#define IDS_AT_ONCE 50

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static grasp_str google_base(grasp_call *call)
{
    static const char *const names[] = {"FHIR_PROJECT_ID", "FHIR_LOCATION", "FHIR_DATASET_ID",
                                        "FHIR_STORE_ID"};
    const char *values[4], *instead = variable(GOOGLE_INSTEAD);
    for (int i = 0; i < 4; i++) {
        values[i] = variable(names[i]);
        if (!values[i]) {
            grasp_fail(call, GRASP_E_INVALID,
                       "option 'fhir_base': google needs the variables FHIR_PROJECT_ID, "
                       "FHIR_LOCATION, FHIR_DATASET_ID and FHIR_STORE_ID; %s is not set",
                       names[i]);
            return (grasp_str){NULL, 0};
        }
    }
    const char *start = instead ? instead : GOOGLE;
    return grasp_format(call, "%s%sv1/projects/%s/locations/%s/datasets/%s/fhirStores/%s/fhir",
                        start, slice_ends(grasp_cstr(start), "/") ? "" : "/", values[0], values[1],
                        values[2], values[3]);
}

static bool is_address(grasp_str url)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (int i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);
        if (url.len > len && strncasecmp(url.ptr, schemes[i], len) == 0 &&
            isalnum((unsigned char)url.ptr[len]))
            return true;
    }
    return false;
}

int32_t server_open(grasp_call *call, struct source *source, grasp_str base)
{
    source->google = grasp_equal(base, "google") || grasp_starts(base, GOOGLE);
    if (grasp_equal(base, "google"))
        base = google_base(call);
    if (!base.ptr)
        return GRASP_E_INVALID;
    if (!is_address(base))
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'fhir_base': '%.*s' is no address; give one as in "
                          "https://fhir.example.org/r4/, or google",
                          base.len > SHOWN_MAX ? SHOWN_MAX : (int)base.len, base.ptr);
    char *copy = malloc(base.len + 2);
    if (!copy)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for an address");
    memcpy(copy, base.ptr, base.len);
    if (copy[base.len - 1] != '/')
        copy[base.len++] = '/';
    copy[base.len] = 0;
    source->base = (grasp_str){copy, base.len};
    return GRASP_OK;
}

static void put_encoded(struct text *out, grasp_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (isalnum(c) || (c && strchr("-._~:,|$/", c)))
            text_char(out, (char)c);
        else
            text_format(out, "%%%02X", c);
    }
}

static bool is_type(grasp_str type)
{
    for (size_t i = 0; i < type.len; i++)
        if (!isalpha((unsigned char)type.ptr[i]))
            return false;
    return type.len > 0 && type.len < 64;
}

static int32_t fail_answer(grasp_call *call, grasp_str url, int32_t status, const char *what)
{
    return grasp_fail(call, GRASP_E_UNAVAILABLE, "the FHIR server answered %.*s with %d%s",
                      url.len > SHOWN_MAX ? SHOWN_MAX : (int)url.len, url.ptr, status, what);
}

/* 4xx are answers: the agent asked for something wrong. */
static bool is_fault(int32_t status)
{
    return status < 200 || (status >= 300 && status < 400) || status >= 500 || status == 401 ||
           status == 403 || status == 408 || status == 429;
}

/* FHIR_TOKEN, if it is set, is the token of any server. */
static grasp_str headers_of(grasp_call *call, const char *token)
{
    struct text out CLEANUP_TEXT = {0}, bearer CLEANUP_TEXT = {0};
    text_put(&out, "{\"accept\": \"application/fhir+json\"");
    if (token) {
        text_format(&bearer, "Bearer %s", token);
        text_put(&out, ", \"authorization\": ");
        text_json(&out, text_view(&bearer));
    }
    text_char(&out, '}');
    return grasp_format(call, "%s", text_view(&out).ptr);
}

static int32_t get(grasp_call *call, const struct source *source, grasp_str url, grasp_str *out,
                   struct text *complaint)
{
    const grasp_http *http = call->host->extension(call, grasp_cstr(GRASP_EXT_HTTP));
    const char *why, *token = variable("FHIR_TOKEN");
    size_t at;
    if (!http)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "this host does not offer %s", GRASP_EXT_HTTP);
    grasp_http_request request = {.size = sizeof(request),
                                  .timeout_ms = source->timeout_ms,
                                  .url = url,
                                  .headers = headers_of(call, token),
                                  .max_bytes = BODY_MAX,
                                  .credentials =
                                      source->google && !token ? SLICE("google") : SLICE("")};
    grasp_http_response response = {.size = sizeof(response)};
    int32_t status = http->request(call, &request, &response);
    if (status)
        return status == GRASP_E_TOO_LARGE
                   ? fail_answer(call, url, response.status, " and more than 64 MiB")
                   : status;
    bool json = scan_check(response.body, &why, &at) && *scan_strip(response.body).ptr == '{';
    if (is_fault(response.status))
        return fail_answer(call, url, response.status, "");
    if (response.status >= 400)
        bundle_complaint(json ? response.body : SLICE("{}"), response.status, complaint);
    else if (!json)
        return fail_answer(call, url, response.status, " and something other than JSON");
    *out = response.body;
    return GRASP_OK;
}

/* The address is the server's own, not one that an answer leads to. */
static bool is_ours(const struct source *source, grasp_str url)
{
    size_t slash = 0, slashes = 0;
    while (slash < source->base.len && slashes < 3)
        slashes += source->base.ptr[slash++] == '/';
    return url.len >= slash && strncasecmp(url.ptr, source->base.ptr, slash) == 0;
}

/* All pages of a search. */
static int32_t get_all(grasp_call *call, const struct source *source, grasp_str query,
                       struct found *out)
{
    struct pool pool CLEANUP_POOL = {0};
    size_t count = 0;
    grasp_str body = SLICE(""),
              url = grasp_format(call, "%s%.*s", source->base.ptr, (int)query.len, query.ptr);
    for (int page = 0; url.len; page++) {
        int32_t status = get(call, source, url, &body, &out->error);
        if (status || out->error.len)
            return status;
        count += bundle_resources(body, true, &out->array);
        if (count > RESOURCES_MAX || page == PAGES_MAX) {
            text_format(&out->error, "more than %d resources match; ask for less", RESOURCES_MAX);
            return GRASP_OK;
        }
        url = bundle_next(body, &pool);
        if (url.len && !is_ours(source, url))
            return fail_answer(call, url, 200, ", a page of another server");
    }
    return out->array.failed ? grasp_fail(call, GRASP_E_NOMEM, "no memory for resources")
                             : GRASP_OK;
}

static int32_t search(grasp_call *call, const struct source *source, grasp_str type,
                      const char *name, grasp_str value, struct found *out)
{
    struct text query CLEANUP_TEXT = {0};
    if (!is_type(type)) {
        text_put(&out->error, "there is no such resource type");
        return GRASP_OK;
    }
    text_str(&query, type);
    if (value.len) {
        text_format(&query, "?%s=", name);
        put_encoded(&query, value);
    }
    return get_all(call, source, text_view(&query), out);
}

/* The ids of a type that occur as references. */
static void add_references(struct pool *pool, grasp_str array, const char *type,
                           struct strings *ids)
{
    struct text start CLEANUP_TEXT = {0};
    text_format(&start, "\"%s/", type);
    for (size_t at = 0; slice_find(array, text_view(&start), at, &at);) {
        size_t from = at + start.len, end = from;
        while (end < array.len && array.ptr[end] != '"')
            end++;
        grasp_str id = slice_cut(array, from, end);
        if (id.len && !strings_have(ids, id))
            strings_add(pool, ids, pool_dup(pool, id));
        at = end;
    }
}

static void join(struct text *out, grasp_str array)
{
    if (out->len <= 2) {
        text_reset(out);
        text_str(out, array);
    } else if (array.len > 2) {
        out->len--;
        text_put(out, ", ");
        text_str(out, slice_from(array, 1));
    }
}

static int32_t get_ids(grasp_call *call, const struct source *source, const char *type,
                       const struct strings *ids, size_t from, struct found *out)
{
    for (size_t i = from; i < ids->count; i += IDS_AT_ONCE) {
        struct text list CLEANUP_TEXT = {0};
        struct found page CLEANUP_FOUND = {0};
        for (size_t k = i; k < ids->count && k < i + IDS_AT_ONCE; k++) {
            text_put(&list, k > i ? "," : "");
            text_str(&list, ids->items[k]);
        }
        int32_t status = search(call, source, grasp_cstr(type), "_id", text_view(&list), &page);
        if (status)
            return status;
        if (page.error.len) {
            text_str(&out->error, text_view(&page.error));
            return GRASP_OK;
        }
        join(&out->array, text_view(&page.array));
    }
    return GRASP_OK;
}

/* What the patient's resources of some types refer to. */
static int32_t get_referred(grasp_call *call, const struct source *source, const char *type,
                            const char *const *from, grasp_str patient, struct found *out)
{
    struct pool pool CLEANUP_POOL = {0};
    struct strings ids = {0};
    for (; *from; from++) {
        struct found page CLEANUP_FOUND = {0};
        int32_t status = search(call, source, grasp_cstr(*from), "patient", patient, &page);
        if (status)
            return status;
        add_references(&pool, text_view(&page.array), type, &ids);
    }
    text_put(&out->array, "[]");
    int32_t status = get_ids(call, source, type, &ids, 0, out);
    /* Ingredients of what was found. */
    size_t known = ids.count;
    add_references(&pool, text_view(&out->array), type, &ids);
    return status ? status : get_ids(call, source, type, &ids, known, out);
}

int32_t server_of_patient(grasp_call *call, const struct source *source, grasp_str type,
                          grasp_str patient, struct found *out)
{
    static const char *const orders[] = {"MedicationRequest", "MedicationAdministration", NULL};
    static const char *const stays[] = {"Encounter", NULL};
    if (grasp_starts(patient, "Patient/"))
        patient = slice_from(patient, 8);
    if (source->lenient || !patient.len)
        return search(call, source, type, "patient", patient, out);
    if (grasp_equal(type, "Patient"))
        return search(call, source, type, "_id", patient, out);
    if (grasp_equal(type, "Medication"))
        return get_referred(call, source, "Medication", orders, patient, out);
    if (grasp_equal(type, "Location"))
        return get_referred(call, source, "Location", stays, patient, out);
    return search(call, source, type, "patient", patient, out);
}

int32_t server_of_id(grasp_call *call, const struct source *source, grasp_str type, grasp_str id,
                     struct found *out)
{
    return search(call, source, type, source->lenient ? "id" : "_id", id, out);
}

int32_t server_find(grasp_call *call, const struct source *source, grasp_str type, grasp_str id,
                    struct found *out)
{
    return search(call, source, type, "_id", id, out);
}

/* The path stays below the base; a value may well be an address, as systems of codes are. */
static bool leads_away(grasp_str request)
{
    size_t at = 0;
    while (at < request.len && request.ptr[at] != '?')
        at++;
    grasp_str path = slice_cut(request, 0, at);
    return slice_find(path, SLICE(".."), 0, &at) || slice_find(path, SLICE("://"), 0, &at) ||
           slice_find(path, SLICE("%"), 0, &at);
}

int32_t server_request(grasp_call *call, const struct source *source, grasp_str request,
                       struct found *out)
{
    struct text url CLEANUP_TEXT = {0};
    grasp_str body = SLICE("");
    text_str(&url, source->base);
    for (size_t i = 0; i < request.len; i++) {
        unsigned char c = (unsigned char)request.ptr[i];
        if (c <= ' ' || c > '~' || strchr("\"<>\\^`{|}#", c))
            text_format(&url, "%%%02X", c);
        else
            text_char(&url, (char)c);
    }
    if (leads_away(request)) {
        text_put(&out->error, "the request is to be a search or a resource, as in Type?patient=ID");
        return GRASP_OK;
    }
    int32_t status = get(call, source, text_view(&url), &body, &out->error);
    if (!status && !out->error.len)
        bundle_resources(body, false, &out->array);
    return status;
}
