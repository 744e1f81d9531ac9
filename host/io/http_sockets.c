/* SPDX-License-Identifier: MIT */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "io/http_internal.h"

static struct http_socket *socket_at(struct http_sockets *sockets, int fd)
{
    size_t need = (size_t)fd + 1;
    if (need > sockets->count) {
        size_t count = need > sockets->count * 2 ? need : sockets->count * 2;
        sockets->items = mem_grow(sockets->items, count * sizeof(*sockets->items));
        memset(sockets->items + sockets->count, 0,
               (count - sockets->count) * sizeof(*sockets->items));
        sockets->count = count;
    }
    return &sockets->items[fd];
}

void http_sockets_forget(struct http_sockets *sockets, int fd)
{
    struct http_socket *s = socket_at(sockets, fd);
    loop_watch_destroy(s->watch);
    *s = (struct http_socket){0};
}

static void on_events(void *arg, int fd, int events)
{
    struct http_sockets *sockets = arg;
    struct http_socket *s = socket_at(sockets, fd);
    if (!s->wanted) {
        /* Closed by the other side while idle: curl finds out when it wants to use it. */
        loop_watch_set(s->watch, 0);
        return;
    }
    sockets->ready(s->owner, fd, events);
    s = socket_at(sockets, fd);
    if ((events & LOOP_ERROR) && s->watch && s->wanted)
        loop_watch_set(s->watch, s->wanted);
}

bool http_sockets_want(struct http_sockets *sockets, int fd, void *owner, int events)
{
    struct http_socket *s = socket_at(sockets, fd);
    if (!s->watch)
        s->watch = loop_watch_create(sockets->loop, fd, on_events, sockets);
    if (!s->watch)
        return false;
    s->owner = owner;
    s->wanted = events;
    loop_watch_set(s->watch, events);
    return true;
}

void http_sockets_unwant(struct http_sockets *sockets, int fd)
{
    struct http_socket *s = socket_at(sockets, fd);
    s->wanted = 0;
    if (!s->connected)
        http_sockets_forget(sockets, fd);
    else if (s->watch)
        loop_watch_set(s->watch, LOOP_READ);
}

void http_sockets_opened(struct http_sockets *sockets, int fd, void *owner)
{
    struct http_socket old = *socket_at(sockets, fd);
    http_sockets_forget(sockets, fd);
    if (old.wanted && old.owner == owner)
        http_sockets_want(sockets, fd, owner, old.wanted);
}

void http_sockets_connected(struct http_sockets *sockets, int fd)
{
    socket_at(sockets, fd)->connected = true;
}

bool http_socket_has_port(int fd, int port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } own = {0};
    socklen_t size = sizeof(own);
    if (getsockname(fd, &own.any, &size) != 0)
        return false;
    switch (own.any.sa_family) {
    case AF_INET:
        return ntohs(own.v4.sin_port) == port;
    case AF_INET6:
        return ntohs(own.v6.sin6_port) == port;
    default:
        return false;
    }
}
