/* SPDX-License-Identifier: MIT */
#include "faulty.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define CONNECTIONS_MAX 512

struct connection {
    struct faulty *faulty;
    pthread_t thread;
    int fd;
};

struct faulty {
    const struct faulty_reply *replies;
    size_t reply_count;
    int fd;
    int stop[2];
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock;
    size_t requests;
    char *last;
    struct connection connections[CONNECTIONS_MAX];
    size_t connection_count;
};

static int listen_anywhere(uint16_t *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, 256) ||
        getsockname(fd, (struct sockaddr *)&address, &len))
        abort();
    *out_port = ntohs(address.sin_port);
    return fd;
}

uint16_t faulty_closed_port(void)
{
    uint16_t port;
    close(listen_anywhere(&port));
    return port;
}

/* Waits for data or a connection; false when it is time to stop. */
static bool wait_readable(struct faulty *faulty, int fd, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = faulty->stop[0], .events = POLLIN},
                            {.fd = fd, .events = POLLIN}};
    poll(fds, 2, timeout_ms);
    return !fds[0].revents;
}

static size_t body_length(const char *head)
{
    const char *at = strcasestr(head, "\r\ncontent-length:");
    return at ? strtoul(at + 17, NULL, 10) : 0;
}

/* Reads one request; false if the peer closed or it is time to stop. */
static bool read_request(struct faulty *faulty, int fd, struct buf *request)
{
    char chunk[16384];
    const char *end = NULL;
    for (;;) {
        if (request->len)
            end = strstr(request->ptr, "\r\n\r\n");
        if (end && request->len >= (size_t)(end + 4 - request->ptr) + body_length(request->ptr))
            return true;
        if (!wait_readable(faulty, fd, -1))
            return false;
        ssize_t len = recv(fd, chunk, sizeof(chunk), 0);
        if (len <= 0)
            return false;
        buf_add(request, chunk, (size_t)len);
    }
}

static bool send_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

static void send_reply(struct faulty *faulty, int fd, const struct faulty_reply *reply)
{
    char filler[16384];
    size_t left = reply->filler;
    memset(filler, 'x', sizeof(filler));
    if (reply->delay_ms && !wait_readable(faulty, -1, (int)reply->delay_ms))
        return;
    bool open = reply->bytes && send_all(fd, reply->bytes, strlen(reply->bytes));
    while (open && left) {
        size_t len = left < sizeof(filler) ? left : sizeof(filler);
        open = send_all(fd, filler, len);
        left -= len;
    }
    if (reply->hold)
        wait_readable(faulty, -1, -1);
}

static void *serve(void *arg)
{
    struct connection *connection = arg;
    struct faulty *faulty = connection->faulty;
    CLEANUP_BUF struct buf request = {0};
    int again = 1;
    while (again && read_request(faulty, connection->fd, &request)) {
        pthread_mutex_lock(&faulty->lock);
        size_t index = faulty->requests++;
        if (index >= faulty->reply_count)
            index = faulty->reply_count - 1;
        mem_free(faulty->last);
        faulty->last = buf_steal(&request);
        pthread_mutex_unlock(&faulty->lock);
        send_reply(faulty, connection->fd, &faulty->replies[index]);
        again = faulty->replies[index].again;
    }
    close(connection->fd);
    return NULL;
}

#ifdef __SANITIZE_THREAD__
/* A file's number goes from the thread that closes it to the one that opens the next by way of the
 * system, which the sanitizer does not see. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:accept_all\n";
}
#endif

static void *accept_all(void *arg)
{
    struct faulty *faulty = arg;
    while (wait_readable(faulty, faulty->fd, -1) && faulty->connection_count < CONNECTIONS_MAX) {
        int fd = accept4(faulty->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        struct connection *connection = &faulty->connections[faulty->connection_count++];
        *connection = (struct connection){.faulty = faulty, .fd = fd};
        pthread_create(&connection->thread, NULL, serve, connection);
    }
    return NULL;
}

struct faulty *faulty_start(const struct faulty_reply *replies, size_t count)
{
    struct faulty *faulty = mem_alloc(sizeof(*faulty));
    faulty->replies = replies;
    faulty->reply_count = count;
    faulty->fd = listen_anywhere(&faulty->port);
    pthread_mutex_init(&faulty->lock, NULL);
    if (pipe(faulty->stop) || pthread_create(&faulty->thread, NULL, accept_all, faulty))
        abort();
    return faulty;
}

void faulty_stop(struct faulty *faulty)
{
    close(faulty->stop[1]);
    pthread_join(faulty->thread, NULL);
    for (size_t i = 0; i < faulty->connection_count; i++)
        pthread_join(faulty->connections[i].thread, NULL);
    close(faulty->stop[0]);
    close(faulty->fd);
    pthread_mutex_destroy(&faulty->lock);
    mem_free(faulty->last);
    mem_free(faulty);
}

uint16_t faulty_port(const struct faulty *faulty)
{
    return faulty->port;
}

size_t faulty_requests(struct faulty *faulty)
{
    pthread_mutex_lock(&faulty->lock);
    size_t requests = faulty->requests;
    pthread_mutex_unlock(&faulty->lock);
    return requests;
}

char *faulty_last(struct faulty *faulty)
{
    pthread_mutex_lock(&faulty->lock);
    char *last = mem_dup(faulty->last ? faulty->last : "", faulty->last ? strlen(faulty->last) : 0);
    pthread_mutex_unlock(&faulty->lock);
    return last;
}
