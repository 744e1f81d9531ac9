/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/pool.h"
#include "common/prompts.h"
#include "common/slice.h"
#include "common/text.h"

#define GOOGLE "https://healthcare.googleapis.com/"
#define EXCHANGE "https://oauth2.googleapis.com/token"
#define METADATA                                                                                   \
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
#define EARLY_MS 120000 /* a token is renewed before it expires */
#define TIMEOUT_MS 10000

struct tokens {
    pthread_mutex_t lock;
    struct text token;
    int64_t renew_ms; /* when, since 1970 */
};

struct tokens *tokens_open(void)
{
    struct tokens *tokens = calloc(1, sizeof(*tokens));
    if (tokens)
        pthread_mutex_init(&tokens->lock, NULL);
    return tokens;
}

void tokens_close(struct tokens *tokens)
{
    if (!tokens)
        return;
    pthread_mutex_destroy(&tokens->lock);
    text_free(&tokens->token);
    free(tokens);
}

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static void put_field(struct text *out, const char *name, grasp_str value)
{
    text_format(out, "&%s=", name);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (isalnum(c))
            text_char(out, (char)c);
        else
            text_format(out, "%%%02X", c);
    }
}

/* Sends the request and takes the token from its answer. */
static int32_t exchange(grasp_call *call, struct tokens *tokens, grasp_http_request *request)
{
    const grasp_json *json = grasp_json_of(call);
    const grasp_http *http = call->host->extension(call, grasp_cstr(GRASP_EXT_HTTP));
    grasp_http_response response = {.size = sizeof(response)};
    if (!http)
        return grasp_fail(call, GRASP_E_UNSUPPORTED, "this host does not offer %s", GRASP_EXT_HTTP);
    request->size = sizeof(*request);
    request->timeout_ms = TIMEOUT_MS;
    int32_t status = http->request(call, request, &response);
    if (status)
        return grasp_fail(call, GRASP_E_UNAVAILABLE,
                          "no Google credentials: %.*s does not answer; set "
                          "GOOGLE_OAUTH_ACCESS_TOKEN, or log in with `gcloud auth "
                          "application-default login`",
                          (int)request->url.len, request->url.ptr);
    const grasp_json_value *object = json->parse(call, response.body, NULL);
    grasp_str token = json->as_string(json->get(object, SLICE("access_token")));
    if (response.status != 200 || !token.len)
        return grasp_fail(call, GRASP_E_UNAVAILABLE,
                          "%.*s answered with %d and no token; log in again with `gcloud auth "
                          "application-default login`",
                          (int)request->url.len, request->url.ptr, response.status);
    text_reset(&tokens->token);
    text_str(&tokens->token, token);
    tokens->renew_ms = call->host->now(call) - EARLY_MS +
                       1000 * json->as_int(json->get(object, SLICE("expires_in")), 0);
    return GRASP_OK;
}

static int32_t ask_metadata(grasp_call *call, struct tokens *tokens)
{
    grasp_http_request request = {.url = SLICE(METADATA),
                                  .headers = SLICE("{\"metadata-flavor\": \"Google\"}")};
    return exchange(call, tokens, &request);
}

static int32_t refresh(grasp_call *call, struct tokens *tokens, grasp_str file, const char *path)
{
    const grasp_json *json = grasp_json_of(call);
    static const char *const names[] = {"client_id", "client_secret", "refresh_token"};
    struct text body CLEANUP_TEXT = {0};
    const grasp_json_value *object = json->parse(call, file, NULL);
    if (!grasp_equal(json->as_string(json->get(object, SLICE("type"))), "authorized_user"))
        return grasp_fail(call, GRASP_E_INVALID,
                          "%s: not the credentials of a user (type authorized_user); for a service "
                          "account give a token in GOOGLE_OAUTH_ACCESS_TOKEN, as `gcloud auth "
                          "print-access-token` prints it",
                          path);
    text_put(&body, "grant_type=refresh_token");
    for (int i = 0; i < 3; i++)
        put_field(&body, names[i], json->as_string(json->get(object, grasp_cstr(names[i]))));
    grasp_http_request request = {
        .method = SLICE("POST"),
        .url = SLICE(EXCHANGE),
        .headers = SLICE("{\"content-type\": \"application/x-www-form-urlencoded\"}"),
        .body = text_view(&body)};
    return exchange(call, tokens, &request);
}

static int32_t fetch(grasp_call *call, struct tokens *tokens)
{
    struct pool pool CLEANUP_POOL = {0};
    const char *named = from_environment("GOOGLE_APPLICATION_CREDENTIALS");
    const char *home = from_environment("HOME");
    grasp_str file, path = pool_format(&pool, "%s%s",
                                       named  ? named
                                       : home ? home
                                              : "",
                                       named ? ""
                                             : "/.config/gcloud/application_default_credentials"
                                               ".json");
    int32_t status = prompt_read_file(call, &pool, path.ptr, PROMPT_MAX, &file);
    if (status == GRASP_E_NOT_FOUND && !named)
        return ask_metadata(call, tokens);
    if (status)
        return grasp_fail(call, GRASP_E_INVALID,
                          "%s: cannot be read (GOOGLE_APPLICATION_CREDENTIALS)", path.ptr);
    return refresh(call, tokens, file, path.ptr);
}

/* The first who needs one fetches it, the others wait. */
static int32_t google_token(grasp_call *call, struct tokens *tokens, struct text *out)
{
    int32_t status = GRASP_OK;
    pthread_mutex_lock(&tokens->lock);
    if (!tokens->token.len || call->host->now(call) >= tokens->renew_ms)
        status = fetch(call, tokens);
    if (!status)
        text_str(out, text_view(&tokens->token));
    pthread_mutex_unlock(&tokens->lock);
    return status;
}

int32_t token_headers(grasp_call *call, struct tokens *tokens, grasp_str base, grasp_str *out)
{
    struct text headers CLEANUP_TEXT = {0}, bearer CLEANUP_TEXT = {0};
    const char *token = from_environment("FHIR_TOKEN");
    bool google = grasp_starts(base, GOOGLE);
    int32_t status = GRASP_OK;
    if (!token && google)
        token = from_environment("GOOGLE_OAUTH_ACCESS_TOKEN");
    text_put(&bearer, "Bearer ");
    if (token)
        text_put(&bearer, token);
    else if (google && (status = google_token(call, tokens, &bearer)))
        return status;
    text_put(&headers, "{\"accept\": \"application/fhir+json\"");
    if (token || google) {
        text_put(&headers, ", \"authorization\": ");
        text_json(&headers, text_view(&bearer));
    }
    text_char(&headers, '}');
    *out = grasp_format(call, "%s", text_view(&headers).ptr);
    return out->len ? GRASP_OK : grasp_fail(call, GRASP_E_NOMEM, "no memory for headers");
}
