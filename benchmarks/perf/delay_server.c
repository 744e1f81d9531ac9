/* SPDX-License-Identifier: MIT */
/*
 * A server for measurements: answers every request with the same body after a fixed delay.
 *
 *     delay_server PORT DELAY_MS BODY_FILE
 *
 * HTTP/1.1 with keep-alive on 127.0.0.1, one thread, tens of thousands of connections. Bodies of
 * requests have a Content-Length and are read and dropped. GET /stats says at once how many
 * requests were answered. Port 0 takes a free one; the first line of output names it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_HEAD 16384
#define READ_SIZE 65536
#define MAX_EVENTS 1024

enum state { READING_HEAD, READING_BODY, WAITING, WRITING };

struct conn {
    int fd;
    enum state state;
    bool closing; /* after this reply */
    bool stats;
    char *head; /* what came of an incomplete head, or beyond the request */
    size_t head_len;
    uint64_t body_left;
    uint64_t due_us;
    char *reply; /* NULL: the common one */
    size_t reply_len, written;
    struct conn *next, *prev; /* of those that wait, the first one is due first */
};

static int epoll_fd;
static uint64_t delay_us, answered;
static char *common_reply;
static size_t common_len;
static struct conn waiting = {.next = &waiting, .prev = &waiting};

static void die(const char *what)
{
    fprintf(stderr, "delay_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void *allocate(size_t size)
{
    void *ptr = malloc(size ? size : 1);
    if (!ptr)
        die("memory");
    return ptr;
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static char *make_reply(const char *body, size_t len, size_t *out_len)
{
    char *reply = allocate(len + 128);
    int head = sprintf(reply,
                       "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                       "Content-Length: %zu\r\n\r\n",
                       len);
    memcpy(reply + head, body, len);
    *out_len = (size_t)head + len;
    return reply;
}

static void read_reply(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        die(path);
    char *body = allocate(1u << 24);
    size_t len = fread(body, 1, 1u << 24, file);
    fclose(file);
    common_reply = make_reply(body, len, &common_len);
    free(body);
}

static void list_remove(struct conn *c)
{
    c->prev->next = c->next;
    c->next->prev = c->prev;
}

static void conn_close(struct conn *c)
{
    if (c->state == WAITING)
        list_remove(c);
    close(c->fd);
    free(c->head);
    free(c->reply);
    free(c);
}

/* The value of a header in a head that ends in an empty line, or NULL. */
static const char *header(const char *head, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':')
            return line + 3 + len + strspn(line + 3 + len, " ");
    }
    return NULL;
}

static void wait_for_reply(struct conn *c)
{
    if (c->stats) {
        char text[64];
        int len =
            snprintf(text, sizeof(text), "{\"requests\": %llu}", (unsigned long long)answered);
        c->reply = make_reply(text, (size_t)len, &c->reply_len);
    } else {
        answered++;
        c->reply_len = common_len;
    }
    c->written = 0;
    c->due_us = now_us() + (c->stats ? 0 : delay_us);
    c->state = c->due_us <= now_us() ? WRITING : WAITING;
    if (c->state == WAITING) {
        c->next = &waiting;
        c->prev = waiting.prev;
        waiting.prev->next = c;
        waiting.prev = c;
    }
}

/* head: NUL-terminated, from the request line to the empty line. */
static bool read_head(struct conn *c, const char *head)
{
    const char *length = header(head, "content-length");
    const char *connection = header(head, "connection");
    const char *expect = header(head, "expect");
    const char *version = strstr(head, " HTTP/1.");
    if (!version || header(head, "transfer-encoding"))
        return false;
    c->body_left = length ? strtoull(length, NULL, 10) : 0;
    c->closing = version[8] == '0' || (connection && strncasecmp(connection, "close", 5) == 0);
    c->stats = strncmp(head, "GET /stats ", 11) == 0;
    if (expect && c->body_left && write(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25) != 25)
        return false;
    c->state = READING_BODY;
    return true;
}

/* Adds to the head; returns how much of data belongs to it, or -1. */
static ssize_t take_head(struct conn *c, const char *data, size_t len)
{
    size_t old = c->head_len;
    if (old + len > MAX_HEAD)
        len = MAX_HEAD - old;
    c->head = realloc(c->head, old + len + 1);
    if (!c->head)
        die("memory");
    memcpy(c->head + old, data, len);
    c->head[old + len] = '\0';
    c->head_len = old + len;
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end)
        return c->head_len == MAX_HEAD ? -1 : (ssize_t)len;
    end[2] = '\0';
    bool ok = read_head(c, c->head);
    size_t taken = (size_t)(end + 4 - c->head) - old;
    free(c->head);
    c->head = NULL;
    c->head_len = 0;
    return ok ? (ssize_t)taken : -1;
}

/* Consumes what was read, up to the end of one request; the rest is kept for later. */
static bool consume(struct conn *c, const char *data, size_t len)
{
    while (len && c->state == READING_HEAD) {
        ssize_t taken = take_head(c, data, len);
        if (taken < 0)
            return false;
        data += taken;
        len -= (size_t)taken;
    }
    if (c->state == READING_BODY) {
        size_t taken = len < c->body_left ? len : (size_t)c->body_left;
        c->body_left -= taken;
        data += taken;
        len -= taken;
        if (c->body_left == 0)
            wait_for_reply(c);
    }
    if (len) {
        c->head = allocate(len + 1);
        memcpy(c->head, data, len);
        c->head_len = len;
    }
    return true;
}

/* Goes on with what came behind the request that was just answered. */
static bool next_request(struct conn *c)
{
    char *data = c->head;
    size_t len = c->head_len;
    c->head = NULL;
    c->head_len = 0;
    c->state = READING_HEAD;
    bool ok = !len || consume(c, data, len);
    free(data);
    return ok;
}

/* 1: written; 0: the socket takes no more now; -1: the connection is to be closed. */
static int write_reply(struct conn *c)
{
    const char *reply = c->reply ? c->reply : common_reply;
    while (c->written < c->reply_len) {
        ssize_t n = send(c->fd, reply + c->written, c->reply_len - c->written, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN ? 0 : -1;
        c->written += (size_t)n;
    }
    free(c->reply);
    c->reply = NULL;
    return !c->closing && next_request(c) ? 1 : -1;
}

static int read_request(struct conn *c)
{
    static char data[READ_SIZE];
    ssize_t n = recv(c->fd, data, sizeof(data), 0);
    if (n < 0 && errno == EAGAIN)
        return 0;
    return n > 0 && consume(c, data, (size_t)n) ? 1 : -1;
}

/* Edge-triggered: goes on until nothing more can be done; false if the connection is over. */
static bool advance(struct conn *c)
{
    while (c->state != WAITING) {
        int result = c->state == WRITING ? write_reply(c) : read_request(c);
        if (result <= 0)
            return result == 0;
    }
    return true;
}

static void accept_all(int listener)
{
    for (;;) {
        int one = 1;
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        struct conn *c = allocate(sizeof(*c));
        *c = (struct conn){.fd = fd};
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                    .data.ptr = c};
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
            conn_close(c);
    }
}

/* Answers what is due; returns the milliseconds until the next one, or -1. */
static int answer_due(void)
{
    while (waiting.next != &waiting) {
        struct conn *c = waiting.next;
        uint64_t now = now_us();
        if (c->due_us > now)
            return (int)((c->due_us - now + 999) / 1000);
        list_remove(c);
        c->state = WRITING;
        if (!advance(c))
            conn_close(c);
    }
    return -1;
}

static int open_listener(uint16_t port)
{
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 65535) != 0)
        die("cannot listen");
    getsockname(fd, (struct sockaddr *)&address, &len);
    printf("listening on http://127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void serve(int listener)
{
    static struct epoll_event events[MAX_EVENTS];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event) != 0)
        die("epoll");
    for (;;) {
        int count = epoll_wait(epoll_fd, events, MAX_EVENTS, answer_due());
        for (int i = 0; i < count; i++) {
            struct conn *c = events[i].data.ptr;
            if (!c)
                accept_all(listener);
            else if ((events[i].events & (EPOLLERR | EPOLLHUP)) || !advance(c))
                conn_close(c);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: delay_server PORT DELAY_MS BODY_FILE\n");
        return 2;
    }
    delay_us = strtoull(argv[2], NULL, 10) * 1000;
    read_reply(argv[3]);
    raise_file_limit();
    serve(open_listener((uint16_t)strtoul(argv[1], NULL, 10)));
}
