/* SPDX-License-Identifier: MIT */
#include "model/auth_google.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/file.h"
#include "base/jwt.h"

#define SCOPE "https://www.googleapis.com/auth/cloud-platform"
#define TOKEN_URI "https://oauth2.googleapis.com/token"
#define METADATA "metadata.google.internal"
#define METADATA_PATH "/computeMetadata/v1/instance/service-accounts/default/token"
#define FILE_MAX (64u << 10)
#define ASSERTION_S 3600

enum kind { SERVICE_ACCOUNT, AUTHORIZED_USER, METADATA_SERVER };

struct google {
    enum kind kind;
    struct arena arena;
    struct rsa_key *key;
    const char *url;
    const char *email, *key_id;                      /* of a service account */
    const char *client_id, *client_secret, *refresh; /* of a user */
    const char *secrets[3];
};

static const char *const form[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
static const char *const flavor[] = {"Metadata-Flavor: Google", NULL};

/* RS256 JWT for the token endpoint
 * (developers.google.com/identity/protocols/oauth2/service-account).
 */
static int prepare_service_account(struct google *google, struct buf *body, struct err *err)
{
    CLEANUP_BUF struct buf header = {0};
    CLEANUP_BUF struct buf claims = {0};
    long long now = (long long)time(NULL);
    buf_text(&header, "{\"alg\":\"RS256\",\"typ\":\"JWT\"");
    if (*google->key_id) {
        buf_text(&header, ",\"kid\":");
        json_write_str(&header, str_of(google->key_id), 0);
    }
    buf_char(&header, '}');
    buf_text(&claims, "{\"iss\":");
    json_write_str(&claims, str_of(google->email), 0);
    buf_text(&claims, ",\"scope\":\"" SCOPE "\",\"aud\":");
    json_write_str(&claims, str_of(google->url), 0);
    buf_printf(&claims, ",\"iat\":%lld,\"exp\":%lld}", now, now + ASSERTION_S);
    buf_text(body, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=");
    if (!jwt_sign(google->key, buf_view(&header), buf_view(&claims), body))
        return err_set(err, EXIT_PERMISSION, "the private key of %s cannot sign", google->email);
    return 0;
}

static void add_escaped(struct buf *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ||
            strchr("-._~", *c))
            buf_char(out, (char)*c);
        else
            buf_printf(out, "%%%02X", *c);
    }
}

static void prepare_user(const struct google *google, struct buf *body)
{
    buf_text(body, "grant_type=refresh_token&client_id=");
    add_escaped(body, google->client_id);
    buf_text(body, "&client_secret=");
    add_escaped(body, google->client_secret);
    buf_text(body, "&refresh_token=");
    add_escaped(body, google->refresh);
}

static int prepare(void *self, struct http_request *request, struct arena *arena, struct err *err)
{
    struct google *google = self;
    CLEANUP_BUF struct buf body = {0};
    int code = 0;
    request->url = google->url;
    request->method = google->kind == METADATA_SERVER ? "GET" : "POST";
    request->headers = google->kind == METADATA_SERVER ? flavor : form;
    if (google->kind == SERVICE_ACCOUNT)
        code = prepare_service_account(google, &body, err);
    else if (google->kind == AUTHORIZED_USER)
        prepare_user(google, &body);
    request->body = (struct str){arena_dup(arena, body.ptr, body.len), body.len};
    return code;
}

static void close_google(void *self)
{
    struct google *google = self;
    rsa_key_free(google->key);
    arena_clear(&google->arena);
    mem_free(google);
}

static int read_member(struct google *google, const struct json *file, const char *key,
                       const char **out, struct err *err)
{
    struct str text = json_str(json_get(file, key));
    if (!text.len || strlen(text.ptr) != text.len)
        return err_set(err, EXIT_CONFIG, "\"%s\" is missing", key);
    *out = arena_dup(&google->arena, text.ptr, text.len);
    return 0;
}

static bool is_host(const char *url, const char *host)
{
    size_t len = strlen(host);
    return strncasecmp(url, host, len) == 0 && strchr(":/", url[len]);
}

bool auth_google_is_safe(const char *url)
{
    bool local = is_host(url, "http://127.0.0.1") || is_host(url, "http://localhost");
    return !strchr(url, '@') && (local || strncasecmp(url, "https://", 8) == 0);
}

static int read_service_account(struct google *google, const struct json *file, struct err *err)
{
    struct str uri = json_str(json_get(file, "token_uri"));
    struct str key_id = json_str(json_get(file, "private_key_id"));
    google->kind = SERVICE_ACCOUNT;
    int code = read_member(google, file, "client_email", &google->email, err);
    if (code)
        return code;
    google->key_id = arena_dup(&google->arena, key_id.ptr, key_id.len);
    google->url = uri.len ? arena_dup(&google->arena, uri.ptr, uri.len) : TOKEN_URI;
    if (!auth_google_is_safe(google->url))
        return err_set(err, EXIT_CONFIG, "\"token_uri\" must begin with https://");
    google->key = rsa_key_read(json_str(json_get(file, "private_key")));
    if (!google->key)
        return err_set(err, EXIT_CONFIG,
                       "\"private_key\" is missing or no RSA key in PEM form; download the key "
                       "file again");
    return 0;
}

static int read_user(struct google *google, const struct json *file, struct err *err)
{
    struct str uri = json_str(json_get(file, "token_uri"));
    google->kind = AUTHORIZED_USER;
    google->url = uri.len ? arena_dup(&google->arena, uri.ptr, uri.len) : TOKEN_URI;
    if (!auth_google_is_safe(google->url))
        return err_set(err, EXIT_CONFIG, "\"token_uri\" must begin with https://");
    int code = read_member(google, file, "client_id", &google->client_id, err);
    if (!code)
        code = read_member(google, file, "client_secret", &google->client_secret, err);
    if (!code)
        code = read_member(google, file, "refresh_token", &google->refresh, err);
    if (code)
        return code;
    google->secrets[0] = google->client_secret;
    google->secrets[1] = google->refresh;
    log_secret(google->client_secret);
    log_secret(google->refresh);
    return 0;
}

static int read_file(struct google *google, const char *path, struct err *err)
{
    CLEANUP_BUF struct buf text = {0};
    struct err why = {0};
    int code = file_read(path, FILE_MAX, &text, err);
    if (code)
        return code;
    CLEANUP_JSON struct json *file = json_parse(buf_view(&text), NULL);
    struct str type = json_str(json_get(file, "type"));
    if (!json_is(file, JSON_OBJECT))
        code = err_set(&why, EXIT_CONFIG, "is no JSON object");
    else if (str_is(type, "service_account"))
        code = read_service_account(google, file, &why);
    else if (str_is(type, "authorized_user"))
        code = read_user(google, file, &why);
    else
        code = err_set(&why, EXIT_CONFIG,
                       "\"type\" must be service_account or authorized_user; for others put a "
                       "token into GOOGLE_OAUTH_ACCESS_TOKEN");
    explicit_bzero(text.ptr, text.len);
    return code ? err_set(err, code, "%s: %s", path, why.text) : 0;
}

/* Where gcloud leaves what `auth application-default login` got. */
static char *default_path(void)
{
    const char *config = getenv("CLOUDSDK_CONFIG"), *home = getenv("HOME");
    static const char name[] = "application_default_credentials.json";
    if (config && *config)
        return mem_printf("%s/%s", config, name);
    return mem_printf("%s/.config/gcloud/%s", home ? home : "/nonexistent", name);
}

static void use_metadata(struct google *google)
{
    const char *host = getenv("GCE_METADATA_HOST");
    google->kind = METADATA_SERVER;
    google->url =
        arena_printf(&google->arena, "http://%s" METADATA_PATH, host && *host ? host : METADATA);
}

static struct auth_source source_of(struct google *google)
{
    bool metadata = google->kind == METADATA_SERVER;
    return (struct auth_source){
        .prepare = prepare,
        .hint = metadata ? "may this machine's service account use the service?"
                         : "check the key file (GOOGLE_APPLICATION_CREDENTIALS)",
        .hint_unreachable = metadata ? "there are no Google credentials here: name a key file in "
                                       "GOOGLE_APPLICATION_CREDENTIALS, run `gcloud auth "
                                       "application-default login`, or put a token into "
                                       "GOOGLE_OAUTH_ACCESS_TOKEN"
                                     : NULL,
        .secrets = google->secrets,
        .close = close_google,
        .self = google,
    };
}

int auth_google_open(const char *key_file, struct http_client *http, struct auth **out,
                     struct err *err)
{
    CLEANUP_FREE char *otherwise = default_path();
    struct google *google = mem_alloc(sizeof(*google));
    int code = 0;
    if (*key_file || file_exists(otherwise))
        code = read_file(google, *key_file ? key_file : otherwise, err);
    else
        use_metadata(google);
    if (code) {
        close_google(google);
        return code;
    }
    struct auth_source source = source_of(google);
    *out = auth_create(&source, http);
    return 0;
}

int auth_google_open_preset(const struct json *config, const struct chat_config *read,
                            struct http_client *http, struct auth **out, struct err *err)
{
    struct err why = {0};
    int code = auth_google_open(read->credentials, http, out, &why);
    if (!code)
        return 0;
    return *read->credentials
               ? chat_config_fault(config, "credentials", err, "cannot be used: %s", why.text)
               : err_set(err, code, "%s", why.text);
}
