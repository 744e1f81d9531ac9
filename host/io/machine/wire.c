/* SPDX-License-Identifier: MIT */
#include "io/machine/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * WIRE_FDS)];
};

static int send_all(int socket, const char *data, size_t len)
{
    while (len) {
        ssize_t sent = send(socket, data, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        data += sent;
        len -= (size_t)sent;
    }
    return 0;
}

int wire_send(int socket, const struct wire_header *header, const void *data, const int *fds,
              size_t fd_count)
{
    union control control;
    struct iovec part = {(void *)(uintptr_t)header, sizeof(*header)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    memset(&control, 0, sizeof(control));
    if (fd_count) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *first = CMSG_FIRSTHDR(&message);
        first->cmsg_level = SOL_SOCKET;
        first->cmsg_type = SCM_RIGHTS;
        first->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(first), fds, sizeof(int) * fd_count);
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return -1;
    if (send_all(socket, (const char *)header + sent, sizeof(*header) - (size_t)sent))
        return -1;
    return send_all(socket, data, header->length);
}

static int receive_all(int socket, char *data, size_t len)
{
    while (len) {
        ssize_t got = recv(socket, data, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got ? errno : EPIPE;
            return -1;
        }
        data += got;
        len -= (size_t)got;
    }
    return 0;
}

static void take_fds(struct msghdr *message, int *fds)
{
    size_t count = 0;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
            continue;
        size_t here = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here && count < WIRE_FDS; i++)
            memcpy(&fds[count++], CMSG_DATA(at) + i * sizeof(int), sizeof(int));
    }
}

int wire_receive(int socket, struct wire_header *header, void *data, size_t room, int *fds)
{
    union control control;
    struct iovec part = {header, sizeof(*header)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    for (size_t i = 0; i < WIRE_FDS; i++)
        fds[i] = -1;
    ssize_t got;
    do
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        errno = got ? errno : EPIPE;
        return -1;
    }
    take_fds(&message, fds);
    if (receive_all(socket, (char *)header + got, sizeof(*header) - (size_t)got))
        return -1;
    if (header->length > room) {
        errno = EMSGSIZE;
        return -1;
    }
    return receive_all(socket, data, header->length);
}
