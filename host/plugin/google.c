/* SPDX-License-Identifier: MIT */
#include "plugin/google.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/auth_google.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct auth *auth;

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static int open_once(struct http_client *http, struct err *err)
{
    int code = 0;
    pthread_mutex_lock(&lock);
    if (!auth)
        code = auth_google_open(variable("GOOGLE_APPLICATION_CREDENTIALS"), http, &auth, err);
    pthread_mutex_unlock(&lock);
    return code;
}

static int given_header(const char *token, char **out, struct err *err)
{
    for (const char *c = token; *c; c++)
        if (*c <= ' ' || *c > '~')
            return err_set(err, EXIT_CONFIG,
                           "GOOGLE_OAUTH_ACCESS_TOKEN holds a blank or another character that no "
                           "token has");
    log_secret(token);
    *out = mem_printf("Authorization: Bearer %s", token);
    return 0;
}

static int exit_code(const struct failure *failure)
{
    return failure->fault == MODEL_FAULT_KEY ? EXIT_PERMISSION : EXIT_UNAVAILABLE;
}

int google_header(struct http_client *http, char **out, struct err *err)
{
    struct auth_waiter waiter = {0};
    const char *token = variable("GOOGLE_OAUTH_ACCESS_TOKEN");
    if (*token)
        return given_header(token, out, err);
    int code = open_once(http, err);
    if (code)
        return code;
    auth_wait(auth, &waiter);
    if (waiter.header)
        *out = mem_dup(waiter.header, strlen(waiter.header));
    else
        code = err_set(err, exit_code(&waiter.failure), "no token of Google: %s%s%s", waiter.text,
                       waiter.failure.hint ? "; " : "",
                       waiter.failure.hint ? waiter.failure.hint : "");
    auth_waiter_clear(&waiter);
    return code;
}

void google_header_free(char *header)
{
    if (header)
        explicit_bzero(header, strlen(header));
    mem_free(header);
}

bool google_refused(const char *header)
{
    if (*variable("GOOGLE_OAUTH_ACCESS_TOKEN") || !auth)
        return false;
    auth_refused(auth, header);
    return true;
}

void google_close(void)
{
    auth_close(auth);
    auth = NULL;
}
