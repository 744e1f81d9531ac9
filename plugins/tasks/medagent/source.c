/* SPDX-License-Identifier: MIT */
#include "source.h"

#include <grasp/ext/http.h>
#include <grasp/helpers.h>
#include <stdlib.h>

#include "common/pool.h"
#include "common/slice.h"
#include "url.h"

#define SHOWN_MAX 200
#define BODY_MAX (8u << 20)

int32_t source_open(grasp_call *call, struct source *source, grasp_str base)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str url;
    source->remote = base.len > 0;
    if (!base.len)
        base = grasp_cstr(FHIR_BASE);
    if (!url_normalize(&pool, base, &url))
        return grasp_fail(call, GRASP_E_INVALID,
                          "option 'fhir_base': '%.*s' is no address; give one as in "
                          "http://localhost:8080/fhir/",
                          base.len > SHOWN_MAX ? SHOWN_MAX : (int)base.len, base.ptr);
    char *copy = malloc(url.len + 2);
    if (!copy)
        return grasp_fail(call, GRASP_E_NOMEM, "no memory for an address");
    memcpy(copy, url.ptr, url.len + 1);
    if (copy[url.len - 1] != '/')
        memcpy(copy + url.len++, "/", 2);
    source->base = (grasp_str){copy, url.len};
    return GRASP_OK;
}

void source_close(struct source *source)
{
    fhir_view_free(source->view);
    fhir_close(source->store);
    free((char *)source->base.ptr);
    *source = (struct source){0};
}

static const char *reason_of(int32_t status)
{
    static const struct {
        int32_t status;
        const char *text;
    } reasons[] = {{400, "Bad Request"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {410, "Gone"},
                   {414, "Request-URI Too Long"},
                   {422, "Unprocessable Entity"},
                   {500, "Internal Server Error"},
                   {501, "Not Implemented"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {504, "Gateway Timeout"}};
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Error";
}

/* The text that the HTTP library of the reference makes of such a status. */
static void explain_status(grasp_call *call, struct source_answer *out, grasp_str url)
{
    out->error = grasp_format(call, "%d %s Error: %s for url: %.*s", out->status,
                              out->status < 500 ? "Client" : "Server", reason_of(out->status),
                              (int)url.len, url.ptr);
}

static int32_t ask_store(grasp_call *call, const struct source *source, grasp_str url,
                         struct source_answer *out)
{
    struct fhir_answer answer = {0};
    if (!grasp_starts(url, source->base.ptr)) {
        out->status = 404;
        return GRASP_OK;
    }
    struct fhir_text path = {url.ptr + source->base.len, url.len - source->base.len};
    out->status = fhir_get(source->view, path, &answer);
    char *copy = call->host->scratch(call, answer.len + 1);
    if (copy && answer.len)
        memcpy(copy, answer.body, answer.len);
    out->body = (grasp_str){copy, answer.len};
    fhir_answer_free(&answer);
    return copy ? GRASP_OK : grasp_fail(call, GRASP_E_NOMEM, "no memory for an answer");
}

static bool is_plain_json(const struct source *source, grasp_call *call, grasp_str headers)
{
    const grasp_json_value *object = source->json->parse(call, headers, NULL);
    return grasp_equal(source->json->as_string(source->json->get(object, SLICE("content-type"))),
                       "application/json");
}

static bool looks_like_json(grasp_str body)
{
    body = slice_trim(body);
    return body.len && *body.ptr == '{';
}

/* Is this no answer of a FHIR server in order? 4xx are: the agent asked for something wrong. */
static bool is_fault(const struct source_answer *answer)
{
    if (answer->status >= 200 && answer->status < 300)
        return !looks_like_json(answer->body);
    return answer->status < 400 || answer->status >= 500 || answer->status == 401 ||
           answer->status == 403 || answer->status == 408 || answer->status == 429;
}

static int32_t fail_answer(grasp_call *call, const struct source_answer *answer, grasp_str url)
{
    bool page = answer->status >= 200 && answer->status < 300;
    return grasp_fail(call, GRASP_E_UNAVAILABLE,
                      page ? "the FHIR server answered %.*s with %d and something other than JSON"
                           : "the FHIR server answered %.*s with %d",
                      url.len > SHOWN_MAX ? SHOWN_MAX : (int)url.len, url.ptr, answer->status);
}

static int32_t ask_server(grasp_call *call, const struct source *source, grasp_str url,
                          struct source_answer *out)
{
    const grasp_http *http = call->host->extension(call, grasp_cstr(GRASP_EXT_HTTP));
    if (!http)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "this host does not offer %s", GRASP_EXT_HTTP);
    grasp_http_request request = {.size = sizeof(request),
                                  .timeout_ms = source->timeout_ms,
                                  .url = url,
                                  .max_bytes = BODY_MAX};
    grasp_http_response response = {.size = sizeof(response)};
    int32_t status = http->request(call, &request, &response);
    if (status && !source->reference)
        return status;
    if (status) {
        out->error = grasp_format(call, "no answer from %.*s", (int)url.len, url.ptr);
        return GRASP_OK;
    }
    out->status = response.status;
    out->body = response.body;
    out->plain_json = is_plain_json(source, call, response.headers);
    return is_fault(out) && !source->reference ? fail_answer(call, out, url) : GRASP_OK;
}

int32_t source_get(grasp_call *call, const struct source *source, grasp_str url,
                   struct source_answer *out)
{
    struct pool pool CLEANUP_POOL = {0};
    grasp_str sent;
    int32_t status = GRASP_OK;
    *out = (struct source_answer){.body = SLICE(""), .error = SLICE("")};
    int shown = url.len > SHOWN_MAX ? SHOWN_MAX : (int)url.len;
    if (!url_normalize(&pool, url, &sent))
        out->error = grasp_format(call, "Invalid URL '%.*s': no http address", shown, url.ptr);
    else if (!slice_eq(url_origin(sent), url_origin(source->base)) || url_climbs(sent))
        out->error = grasp_format(call, "Connection refused for url: %.*s", shown, url.ptr);
    else
        status = source->remote ? ask_server(call, source, sent, out)
                                : ask_store(call, source, sent, out);
    if (!status && out->status >= 400)
        explain_status(call, out, grasp_format(call, "%.*s", (int)sent.len, sent.ptr));
    return status;
}

int32_t source_query(grasp_call *call, const struct source *source, grasp_str query,
                     struct source_answer *out)
{
    grasp_str url = grasp_format(call, "%s%.*s", source->base.ptr, (int)query.len, query.ptr);
    return source_get(call, source, url, out);
}
