/* SPDX-License-Identifier: MIT */
/* The FHIR server of a golden case: the store with the case's resources, and what the case says of
 * how it answers. */
#pragma once

#include "base/json.h"
#include "plugin/mock_host.h"

struct case_server {
    struct fhir_store *store;
    struct fhir_view *view;
    struct str content_type;
    int32_t fail_status; /* 0, or what all requests get */
    struct json *asked;  /* paths with queries of the requests that came through the host */
};

/* False, with the case failed by the caller, for resources that no server would hold. */
bool case_server_open(struct case_server *server, const struct json *c, char *why, size_t size);
void case_server_close(struct case_server *server);

struct case_server_answer {
    int32_t status;
    bool plain_json;
    char *body; /* to be freed */
    size_t len;
};
/* The answer to a search without the base address. */
struct case_server_answer case_server_get(const struct case_server *server, grasp_str query);

/* Offers it as grasp.http/1 to a task; host->context is the server then. */
void case_server_serve(struct case_server *server, struct mock_host *host);
