/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "io/server.h"
#include "resources.h"

static void answer(void *arg, const struct server_request *request,
                   struct server_response *response)
{
    response->status = str_is(request->path, "/busy") ? 429 : 200;
    response->retry_after = response->status == 429 ? 7 : 0;
    response->content_type = "text/x-test";
    buf_printf(&response->body, "%.*s|%.*s|%.*s|%zu|%.*s", (int)request->method.len,
               request->method.ptr, (int)request->path.len, request->path.ptr,
               (int)request->query.len, request->query.ptr ? request->query.ptr : "",
               request->body.len, (int)request->authorization.len,
               request->authorization.ptr ? request->authorization.ptr : "");
    __atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
}

static int handled;

static struct server *start(size_t max_body)
{
    struct err err = {0};
    struct server *server = NULL;
    const struct server_options options = {
        .threads = 2, .max_body = max_body, .handle = answer, .arg = &handled};
    if (server_start(&options, &server, &err))
        fail_msg("%s", err.text);
    return server;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* Sends bytes, and reads until the server closes or says nothing for so long. */
static void talk(uint16_t port, struct str bytes, int seconds, struct buf *out)
{
    CLEANUP_FD int fd = connect_to(port);
    struct timeval patience = {.tv_sec = seconds};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char data[4096];
    ssize_t len;
    buf_reset(out);
    while (bytes.len) {
        len = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (len <= 0)
            break;
        bytes = (struct str){bytes.ptr + len, bytes.len - (size_t)len};
    }
    shutdown(fd, SHUT_WR);
    while ((len = recv(fd, data, sizeof(data), 0)) > 0)
        buf_add(out, data, (size_t)len);
    buf_char(out, '\0');
}

static void expect(uint16_t port, const char *request, const char *first, const char *second)
{
    CLEANUP_BUF struct buf out = {0};
    talk(port, str_of(request), 60, &out);
    if (!strstr(out.ptr, first) || !strstr(out.ptr, second))
        fail_msg("%s\nnot: %s, %s", out.ptr, first, second);
}

static void hands_over_what_was_sent(void **state)
{
    struct server *server = start(0);
    uint16_t port = server_port(server);
    expect(port,
           "POST /a%20b/c?x=1&y=%2F HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
           "Content-Length: 5\r\nConnection: close\r\n\r\nhello",
           "HTTP/1.1 200", "\r\n\r\nPOST|/a%20b/c|x=1&y=%2F|5|Bearer t");
    expect(port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
           "Content-Type: text/x-test", "\r\n\r\nGET|/||0|");
    expect(port, "GET /busy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 429",
           "Retry-After: 7\r\n");
    server_stop(server);
}

static void refuses_large_bodies(void **state)
{
    struct server *server = start(1000);
    CLEANUP_BUF struct buf request = {0}, out = {0};
    int before = handled;
    buf_text(&request, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n"
                       "Connection: close\r\n\r\n");
    for (int i = 0; i < 2000000; i++)
        buf_char(&request, 'x');
    talk(server_port(server), buf_view(&request), 60, &out);
    assert_non_null(strstr(out.ptr, "HTTP/1.1 413"));
    assert_non_null(strstr(out.ptr, "larger than 1000 bytes"));
    assert_int_equal(handled, before);
    server_stop(server);
}

/* What is no HTTP or breaks off never reaches the handler, and the next one is served. */
static void survives_broken_requests(void **state)
{
    static const char *const broken[] = {
        "",
        "nonsense\r\n\r\n",
        "GET /",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    };
    struct server *server = start(0);
    int before = handled;
    CLEANUP_BUF struct buf out = {0};
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        talk(server_port(server), str_of(broken[i]), 1, &out);
        assert_null(strstr(out.ptr, " 200 "));
    }
    assert_int_equal(handled, before);
    expect(server_port(server), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", " 200 ",
           "GET|/");
    server_stop(server);
}

static void says_why_it_cannot_listen(void **state)
{
    struct err err = {0};
    struct server *server = start(0), *second = NULL;
    char port[16];
    struct server_options options = {
        .port = server_port(server), .handle = answer, .arg = &handled};
    assert_int_equal(server_start(&options, &second, &err), EXIT_UNAVAILABLE);
    snprintf(port, sizeof(port), ":%u", options.port);
    assert_non_null(strstr(err.text, port));
    options.address = "localhost";
    assert_int_equal(server_start(&options, &second, &err), EXIT_USAGE);
    assert_non_null(strstr(err.text, "localhost"));
    assert_null(second);
    server_stop(server);
}

static void leaves_nothing_open(void **state)
{
    size_t before = resources_fds();
    for (int i = 0; i < 5; i++) {
        struct server *server = start(0);
        int idle = connect_to(server_port(server));
        expect(server_port(server), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
               " 200 ", "GET|/");
        server_stop(server); /* with a connection open */
        close(idle);
    }
    server_stop(NULL);
    assert_int_equal(resources_fds(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_over_what_was_sent), cmocka_unit_test(refuses_large_bodies),
        cmocka_unit_test(survives_broken_requests), cmocka_unit_test(says_why_it_cannot_listen),
        cmocka_unit_test(leaves_nothing_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
