/* SPDX-License-Identifier: MIT */
#include "medagent_server.h"

#include <grasp/ext/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "common/fhir/fhir.h"

#define ORIGIN "http://localhost:8080"

/* Some cases have two resources of one id, which no server can hold. */
static struct json *with_own_ids(const struct json *resources)
{
    struct json *out = json_new_array();
    for (size_t i = 0; i < json_count(resources); i++) {
        struct json *resource = json_copy(json_at(resources, i));
        struct str id = json_str(json_get(resource, "id"));
        bool taken = id.len == 0;
        for (size_t k = 0; k < i && !taken; k++)
            taken = str_eq(json_str(json_get(json_at(out, k), "id")), id);
        CLEANUP_FREE char *own = mem_printf("case-%zu", i);
        if (taken)
            json_set(resource, "id", json_new_str(str_of(own)));
        json_push(out, resource);
    }
    return out;
}

bool case_server_open(struct case_server *server, const struct json *c, char *why, size_t size)
{
    struct fhir_error error;
    struct fhir_options options = {.as_stored = 1};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP_JSON struct json *own = with_own_ids(json_get(c, "resources"));
    json_write(&text, own, 0);
    struct fhir_text resources = {text.ptr, json_count(own) ? text.len : 0};

    *server = (struct case_server){.content_type = json_str(json_get(c, "content_type")),
                                   .fail_status = (int32_t)json_int(json_get(c, "fail_status"), 0),
                                   .asked = json_new_array()};
    if (fhir_open_text(resources, "the case", &options, &server->store, &error)) {
        snprintf(why, size, "%s", error.text);
        case_server_close(server);
        return false;
    }
    server->view = fhir_view_new(server->store);
    return true;
}

void case_server_close(struct case_server *server)
{
    fhir_view_free(server->view);
    fhir_close(server->store);
    json_free(server->asked);
    *server = (struct case_server){0};
}

struct case_server_answer case_server_get(const struct case_server *server, grasp_str query)
{
    struct fhir_answer answer = {0};
    struct case_server_answer out = {.status = server->fail_status};
    if (!out.status)
        out.status = fhir_get(server->view, (struct fhir_text){query.ptr, query.len}, &answer);
    out.plain_json = str_is(server->content_type, "application/json");
    out.len = answer.len;
    out.body = mem_dup(answer.len ? answer.body : "", answer.len);
    fhir_answer_free(&answer);
    return out;
}

static grasp_str keep(grasp_call *call, const char *text, size_t len)
{
    char *copy = call->host->scratch(call, len + 1);
    memcpy(copy, text, len);
    return (grasp_str){copy, len};
}

static int32_t request(grasp_call *call, const grasp_http_request *http,
                       grasp_http_response *response)
{
    struct case_server *server = mock_host_of(call)->context;
    size_t origin = sizeof(ORIGIN) - 1, base = origin + sizeof("/fhir/") - 1;
    char headers[128];
    if (http->url.len < origin || memcmp(http->url.ptr, ORIGIN, origin) != 0)
        return grasp_fail(call, GRASP_E_UNAVAILABLE, "no such server");
    json_push(server->asked,
              json_new_str((struct str){http->url.ptr + origin, http->url.len - origin}));
    struct case_server_answer answer = {.status = 404};
    if (http->url.len >= base && memcmp(http->url.ptr + origin, "/fhir/", 6) == 0)
        answer = case_server_get(server, (grasp_str){http->url.ptr + base, http->url.len - base});
    snprintf(headers, sizeof(headers), "{\"content-type\": \"%s\"}",
             answer.plain_json ? "application/json" : FHIR_CONTENT_TYPE);
    response->status = answer.status;
    response->headers = keep(call, headers, strlen(headers));
    response->body = keep(call, answer.body ? answer.body : "", answer.len);
    free(answer.body);
    return GRASP_OK;
}

static const grasp_http table = {.size = sizeof(table), .request = request};

static const void *extension(struct mock_host *host, grasp_str id)
{
    return grasp_equal(id, GRASP_EXT_HTTP) ? &table : NULL;
}

void case_server_serve(struct case_server *server, struct mock_host *host)
{
    host->extension = extension;
    host->context = server;
}
