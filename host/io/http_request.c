/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <semaphore.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "io/http_internal.h"

#define FILES_PER_LANE 3
#define SPARE_FILES 256

const char *http_request_fault(const struct http_request *request)
{
    size_t count = 0;
    const char *method = request->method;
    if (!request->url || !*request->url)
        return "the request has no URL";
    if (method && (!*method || strlen(method) > 15 ||
                   strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(method)))
        return "the method is not a word in capital letters";
    for (const char *const *h = request->headers; h && *h; h++, count++) {
        if (strpbrk(*h, "\r\n") || !strchr(*h, ':'))
            return "a header is not of the form \"Name: value\", on one line";
    }
    return count > HTTP_MAX_HEADERS ? "there are more than 24 headers" : NULL;
}

/* The host of a URL, without user and port. */
static struct str host_of(const char *url)
{
    const char *p = strstr(url, "://");
    p = p ? p + 3 : url;
    size_t len = strcspn(p, "/?#");
    const char *at = memrchr(p, '@', len);
    if (at) {
        len -= (size_t)(at + 1 - p);
        p = at + 1;
    }
    const char *end = memchr(p, *p == '[' ? ']' : ':', len);
    return (struct str){p, end ? (size_t)(end - p) : len};
}

static bool is_numeric(struct str host)
{
    for (size_t i = 0; i < host.len && host.ptr[0] != '['; i++) {
        if (!isdigit((unsigned char)host.ptr[i]) && host.ptr[i] != '.')
            return false;
    }
    return true;
}

static bool is_localhost(struct str host)
{
    return host.len == 9 && strncasecmp(host.ptr, "localhost", 9) == 0;
}

void http_request_target(const char *url, bool *out_direct, bool *out_lookup)
{
    struct str host = host_of(url);
    bool numeric = is_numeric(host), local = is_localhost(host);
    *out_direct = local || str_is(host, "[::1") || (numeric && str_starts(host, "127."));
    *out_lookup = !numeric && !local;
}

size_t http_request_lines(const struct http_request *request, const char **out)
{
    size_t count = 0;
    bool typed = false;
    out[count++] = "Expect:"; /* no round trip before large bodies */
    for (const char *const *h = request->headers; h && *h; h++) {
        typed |= strncasecmp(*h, "content-type:", 13) == 0;
        out[count++] = *h;
    }
    if (!typed) /* curl would make one up */
        out[count++] = "Content-Type:";
    return count;
}

void http_request_header(struct buf *headers, struct str line)
{
    struct str value = line, name = str_cut(&value, ':');
    char lower[128];
    if (!name.len || name.len == line.len || name.len > sizeof(lower))
        return;
    for (size_t i = 0; i < name.len; i++)
        lower[i] =
            (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] + 32 : name.ptr[i]);
    if (!headers->capacity)
        headers->limit = HTTP_MAX_HEADER_BYTES;
    value = str_trim(value);
    buf_add(headers, lower, name.len);
    buf_add(headers, ": ", 2);
    buf_str(headers, value);
    buf_char(headers, '\n');
}

struct str http_header(const struct http_request *request, const char *lower_name)
{
    struct str rest = buf_view(&request->headers_in);
    while (rest.len) {
        struct str value = str_cut(&rest, '\n'), name = str_cut(&value, ':');
        if (str_is(name, lower_name))
            return str_trim(value);
    }
    return (struct str){"", 0};
}

/* A request on its own, so that done can find who waits for it. */
struct waiter {
    struct http_request request;
    sem_t done;
};

static void wake(struct http_request *request)
{
    sem_post(&((struct waiter *)request)->done);
}

void http_send_wait(struct http_client *client, struct http_request *request)
{
    struct waiter w = {.request = *request};
    void (*done)(struct http_request *) = request->done;
    sem_init(&w.done, 0, 0);
    w.request.done = wake;
    http_send(client, &w.request);
    while (sem_wait(&w.done) != 0)
        continue;
    sem_destroy(&w.done);
    *request = w.request;
    request->done = done;
}

int http_raise_file_limit(size_t connections, size_t per_lane, struct err *err)
{
    struct rlimit limit;
    rlim_t needed = connections + connections / per_lane * FILES_PER_LANE + SPARE_FILES;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return 0;
    if (limit.rlim_max < needed)
        return err_set(err, EXIT_CONFIG,
                       "%zu requests at once need %llu open files, and this system allows %llu: "
                       "lower the concurrency or raise the limit (ulimit -Hn)",
                       connections, (unsigned long long)needed, (unsigned long long)limit.rlim_max);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_system(err, errno, "raise", "the limit of open files");
    return 0;
}
